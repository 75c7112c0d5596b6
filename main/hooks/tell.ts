import type { Feature } from './feature.ts'
import { toProblem, type HookProblem } from './problem.ts'

/** How long one hook may take. */
const HOOK_LIMIT_MS = 10_000

/**
 * Calls one hook of a feature and waits for it, at most {@link HOOK_LIMIT_MS}. Returns what went wrong, so that the
 * caller drops what the hook had buffered.
 */
export async function tell(
  feature: Feature,
  hook: string,
  call: () => void | Promise<void>,
  limitMs = HOOK_LIMIT_MS,
): Promise<HookProblem | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<HookProblem>((resolve) => {
    timer = setTimeout(
      () =>
        resolve({ feature: feature.name, hook, message: `took longer than ${limitMs / 1000} s` }),
      limitMs,
    )
  })
  const done = (async () => {
    try {
      await call()
      return undefined
    } catch (error) {
      return toProblem(feature, hook, error)
    }
  })()
  try {
    return await Promise.race([done, late])
  } finally {
    clearTimeout(timer)
  }
}
