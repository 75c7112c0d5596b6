import { defineStore } from 'pinia'
import { computed, reactive, shallowReactive, shallowRef, watch } from 'vue'
import type { Change, DispatchState } from '#shared/contract/app.ts'
import type { BackendState } from '#shared/domain/objects.ts'
import type { TaskActivity } from '#shared/domain/task.ts'
import { rpc } from '../rpc/client.ts'
import { connection, type Connection } from '../rpc/connection.ts'

/** The stream is opened again this long after it ended by itself. */
const REOPEN_MS = 1_000
/** Activities are kept for this many tasks; older ones are asked for again with their row. */
const MAX_ACTIVITIES = 5_000

type Listener = (table: string) => void

/**
 * What main tells of by itself. `following` holds the one stream of changes; whatever shows stored things listens with
 * `onStored` and asks again. After a break everything counts as changed.
 */
export const useLive = defineStore('live', () => {
  const dispatch = shallowRef<DispatchState | null>(null)
  const activities = shallowReactive(new Map<string, TaskActivity>())
  const backends = reactive(new Map<string, BackendState>())
  const listeners = new Set<Listener>()

  const tell = (table: string): void => listeners.forEach((listener) => listener(table))

  function take(change: Change): void {
    switch (change.event) {
      case 'stored':
        return tell(change.table)
      case 'activity':
        return takeActivity(change.activity)
      case 'backend':
        backends.set(change.state.backendId, change.state)
        return
      case 'dispatch':
        dispatch.value = change.state
        return
    }
  }

  function takeActivity(activity: TaskActivity): void {
    activities.set(activity.taskId, activity)
    const oldest = activities.size > MAX_ACTIVITIES ? activities.keys().next().value : undefined
    if (oldest !== undefined) activities.delete(oldest)
  }

  /** Follows over one connection, again after a while where the stream ends by itself, until that connection goes. */
  async function follow(mine: Connection): Promise<void> {
    while (connection.value === mine) {
      try {
        const changes = await rpc.app.changes()
        tell('*')
        for await (const change of changes) take(change)
      } catch {
        // The connection's own state says why; the next one opens the stream again.
      }
      await new Promise((resolve) => setTimeout(resolve, REOPEN_MS))
    }
  }

  /** Begins to follow, once for the life of the page. */
  function start(): void {
    const begin = (now: Connection): void => void (now.state === 'open' && follow(now))
    watch(connection, begin, { immediate: true })
  }

  /** Calls `listener` with the table of every stored change ('*' for all of them); returns what ends it. */
  function onStored(listener: Listener): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  const isPaused = computed(() => dispatch.value?.isPaused === true)
  return { dispatch, activities, backends, isPaused, start, onStored, take }
})
