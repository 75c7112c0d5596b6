import { ProvisionError } from './provision-error.ts'

/** Does `work`, which is stopped when `signal` comes or its time is over. Throws PROVISION_PHP_SILENT for the latter. */
export async function withTimeLimit<Result>(
  limitMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController()
  const end = (): void => stop.abort()
  const timer = setTimeout(end, limitMs)
  signal.addEventListener('abort', end)
  if (signal.aborted) end()
  try {
    return await work(stop.signal)
  } catch (error) {
    if (!stop.signal.aborted || signal.aborted) throw error
    throw new ProvisionError('PROVISION_PHP_SILENT', `It took longer than ${limitMs / 1000} s.`)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}
