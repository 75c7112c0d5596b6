import type { Change } from '#shared/contract/app.ts'
import { Channel } from '../lib/listeners.ts'
import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'

/** The application itself: what it is, what changes, whether it dispatches; and its demo server. */
export function appCalls(desk: Desk, parts: RpcParts) {
  const { app, demo } = desk
  const setPaused = async (isPaused: boolean) => {
    await parts.setPaused(isPaused)
    return parts.dispatchState()
  }
  return {
    app: app.router({
      info: app.info.handler(() => ({ ...parts.info, notices: [...parts.info.notices] })),
      changes: app.changes.handler(async function* ({ signal }) {
        const channel = new Channel<Change>({
          ...(signal === undefined ? {} : { signal }),
          onClose: () => stop(),
        })
        const stop = parts.changes.add((change) => channel.push(change))
        yield { event: 'dispatch', state: parts.dispatchState() }
        for (const activity of parts.activities.all()) yield { event: 'activity', activity }
        yield* channel
      }),
      dispatchState: app.dispatchState.handler(() => parts.dispatchState()),
      pauseDispatch: app.pauseDispatch.handler(() => setPaused(true)),
      resumeDispatch: app.resumeDispatch.handler(() => setPaused(false)),
      dispatch: app.dispatch.handler(async ({ input, signal }) => {
        const started = parts.dispatcher.tick()
        const queues = await parts.queues.dispatch({
          force: input.force,
          ...(signal === undefined ? {} : { signal }),
        })
        return { started, queues }
      }),
    }),
    demo: demo.router({
      state: demo.state.handler(() => parts.demo.state()),
      add: demo.add.handler(async () => ({ backendId: await parts.demo.add() })),
      remove: demo.remove.handler(async () => {
        await parts.demo.remove()
        return {}
      }),
    }),
  }
}
