import type { Progress } from '#shared/domain/task.ts'

const NOTHING = -1
/** Above 1 the system shows that something is at work, and no share of it. */
const UNKNOWN = 2

/** What the taskbar or the dock shows of the tasks that run: the mean of those that say how far they are. */
export function taskbarProgress(running: readonly { progress: Progress | null }[]): number {
  if (running.length === 0) return NOTHING
  const shares = running.flatMap(({ progress }) =>
    progress !== null && progress.of > 0 ? [Math.min(1, (progress.step - 1) / progress.of)] : [],
  )
  if (shares.length === 0) return UNKNOWN
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  return Math.round(Math.max(0, mean) * 100) / 100
}
