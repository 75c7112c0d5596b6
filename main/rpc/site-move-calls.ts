import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'

export function siteMoveCalls({ siteMove }: Desk, { siteMoves }: RpcParts) {
  return {
    siteMove: siteMove.router({
      move: siteMove.move.handler(async function* ({ input, signal }) {
        yield* siteMoves.move(input, signal)
      }),
    }),
  }
}
