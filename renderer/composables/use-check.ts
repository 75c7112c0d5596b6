import { computed, onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import { CheckStage, type CheckEvent, type Secrets } from '#shared/contract/backend.ts'
import type { BackendAddress } from '#shared/domain/objects.ts'
import { toErrorText, type ErrorText } from '../lib/error-text.ts'
import { rpc } from '../rpc/client.ts'

export type CheckInput = ({ backendId: string } | { address: BackendAddress }) & {
  secrets?: Secrets
}

export interface Check {
  /** The newest event of each stage, in the order of the stages. */
  stages: Ref<readonly CheckEvent[]>
  isRunning: Ref<boolean>
  /** The check itself could not be made. */
  error: Ref<ErrorText | undefined>
  /** The stage that failed, where one did. */
  failed: Ref<CheckEvent | undefined>
  /** Resolves to whether the server can be used; a second start stops the first, which then resolves to false. */
  start: (input: CheckInput) => Promise<boolean>
  clear: () => void
}

/** A connection check with its stages as they come. */
export function useCheck(): Check {
  const events = shallowRef(new Map<CheckStage, CheckEvent>())
  const isRunning = ref(false)
  const error = shallowRef<ErrorText>()
  let current = new AbortController()

  const stages = computed(() =>
    CheckStage.options.flatMap((stage) => events.value.get(stage) ?? []),
  )
  const failed = computed(() => stages.value.find(({ state }) => state === 'failed'))

  function clear(): void {
    current.abort()
    current = new AbortController()
    events.value = new Map()
    error.value = undefined
    isRunning.value = false
  }

  async function start(input: CheckInput): Promise<boolean> {
    clear()
    const { signal } = current
    isRunning.value = true
    try {
      for await (const event of await rpc.backend.check(input, { signal })) {
        if (signal.aborted) return false
        events.value = new Map(events.value).set(event.stage, event)
      }
    } catch (problem) {
      if (signal.aborted) return false
      error.value = toErrorText(problem)
    }
    if (signal.aborted) return false
    isRunning.value = false
    return error.value === undefined && failed.value === undefined && stages.value.length > 0
  }

  onScopeDispose(() => current.abort())
  return { stages, isRunning, error, failed, start, clear }
}
