/** Tries again until `fn` does not throw; then its result, or after the time limit its last error. */
export async function eventually<T>(
  fn: () => T | Promise<T>,
  { timeoutMs = 5000 }: { timeoutMs?: number } = {},
): Promise<T> {
  const until = performance.now() + timeoutMs
  for (;;) {
    try {
      return await fn()
    } catch (error) {
      if (performance.now() > until) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
