import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'

/** What the person has set of the application itself. */
export function settingsCalls(desk: Desk, { settings }: RpcParts) {
  return {
    settings: desk.settings.router({
      all: desk.settings.all.handler(() => settings.all()),
      set: desk.settings.set.handler(async ({ input }) => {
        await settings.set(input)
        return settings.all()
      }),
    }),
  }
}
