import { useRouter } from 'vue-router'
import { rpc } from '../rpc/client.ts'
import { useAction, type Action } from './use-action.ts'
import { useQuery, type Query } from './use-query.ts'

type DemoState = Awaited<ReturnType<typeof rpc.demo.state>>

/** The demo server: whether there can be one, and how it comes and goes. */
export function useDemo(): {
  state: Query<DemoState>
  add: Action<[], void>
  remove: Action<[], void>
} {
  const router = useRouter()
  const state = useQuery((signal) => rpc.demo.state(undefined, { signal }))
  const add = useAction(async () => {
    await rpc.demo.add()
    await router.push('/servers')
  })
  const remove = useAction(async () => {
    await rpc.demo.remove()
    await router.push('/servers')
  })
  return { state, add, remove }
}
