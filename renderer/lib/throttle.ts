/**
 * Runs `work` at once and then at most every `ms`, the last call never lost. `stop` drops what is pending.
 */
export function throttle(work: () => void, ms: number): { call: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isPending = false
  const run = (): void => {
    isPending = false
    timer = setTimeout(() => {
      timer = undefined
      if (isPending) run()
    }, ms)
    work()
  }
  return {
    call: () => {
      if (timer === undefined) run()
      else isPending = true
    },
    stop: () => {
      clearTimeout(timer)
      timer = undefined
      isPending = false
    },
  }
}
