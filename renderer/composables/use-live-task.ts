import type { TaskRow } from '#shared/contract/task.ts'
import { useLive } from '../stores/live.ts'

/** A task row with the newest activity that was heard of, which is younger than the row's own. */
export function useLiveTask(): <Row extends TaskRow>(row: Row) => Row {
  const live = useLive()
  return (row) => {
    const activity = live.activities.get(row.id)
    return activity === undefined ? row : { ...row, activity }
  }
}
