import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import type { CheckEvent, HostKey, Secrets } from '#shared/contract/backend.ts'
import type { BootstrapEvent } from '#shared/contract/bootstrap.ts'
import type { BackendAddress } from '#shared/domain/objects.ts'
import { toParameters, type BootstrapDraft } from '../lib/bootstrap-draft.ts'
import { findDeskError, toErrorText, type ErrorText } from '../lib/error-text.ts'
import { rpc } from '../rpc/client.ts'

type Ended = Extract<BootstrapEvent, { event: 'ended' }>

export interface Bootstrap {
  /** The script with the parameters as they are typed; undefined while one of them is wrong. */
  script: Ref<{ text: string; sha256: string } | undefined>
  lines: Ref<readonly string[]>
  isRunning: Ref<boolean>
  ended: Ref<Ended | undefined>
  error: Ref<ErrorText | undefined>
  /** The server showed a key that nobody has accepted yet. */
  hostKey: Ref<NonNullable<CheckEvent['hostKey']> | undefined>
  run: (
    address: BackendAddress,
    secrets: Secrets | undefined,
    sudoPassword: string,
  ) => Promise<void>
  trust: () => Promise<void>
  clear: () => void
}

/** The script that prepares a server, and one run of it with its output as it comes. */
export function useBootstrap(draft: BootstrapDraft): Bootstrap {
  const script = shallowRef<{ text: string; sha256: string }>()
  const lines = shallowRef<readonly string[]>([])
  const ended = shallowRef<Ended>()
  const error = shallowRef<ErrorText>()
  const hostKey = shallowRef<NonNullable<CheckEvent['hostKey']>>()
  const isRunning = ref(false)
  let current = new AbortController()

  const parsed = computed(() => toParameters(draft))
  watch(
    parsed,
    async (now) => {
      if ('problems' in now) return void (script.value = undefined)
      const made = await rpc.bootstrap.script(now.parameters).catch(fail)
      // Whoever typed on meanwhile waits for a later one.
      if (made !== undefined && parsed.value === now) script.value = made
    },
    { immediate: true },
  )

  function fail(problem: unknown): undefined {
    error.value = toErrorText(problem)
    const desk = findDeskError(problem)
    if (desk?.code.startsWith('ssh.host-key-') !== true) return
    hostKey.value = {
      shown: desk.facts['shown'] as HostKey,
      known: desk.facts['known'] as HostKey[],
    }
  }

  function clear(): void {
    current.abort()
    current = new AbortController()
    lines.value = []
    ended.value = undefined
    error.value = undefined
    hostKey.value = undefined
    isRunning.value = false
  }

  const run: Bootstrap['run'] = async (address, secrets, sudoPassword) => {
    clear()
    if ('problems' in parsed.value || script.value === undefined) return
    const { signal } = current
    isRunning.value = true
    try {
      const events = await rpc.bootstrap.run(
        {
          address,
          parameters: parsed.value.parameters,
          sha256: script.value.sha256,
          ...(secrets !== undefined && { secrets }),
          ...(sudoPassword !== '' && { sudoPassword }),
        },
        { signal },
      )
      for await (const event of events) {
        if (signal.aborted) return
        if (event.event === 'line') lines.value = [...lines.value, event.text]
        else ended.value = event
      }
    } catch (problem) {
      if (!signal.aborted) fail(problem)
    } finally {
      if (!signal.aborted) isRunning.value = false
    }
  }

  async function trust(): Promise<void> {
    if (hostKey.value) await rpc.backend.trustHostKey(hostKey.value.shown).catch(fail)
  }

  onScopeDispose(() => current.abort())
  return { script, lines, isRunning, ended, error, hostKey, run, trust, clear }
}
