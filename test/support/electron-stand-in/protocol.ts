import type { Protocol } from 'electron'
import { app } from './app.ts'

type Handler = Parameters<Protocol['handle']>[1]

const privileged = new Set<string>()
const handlers = new Map<string, Handler>()

const registerSchemesAsPrivileged: Protocol['registerSchemesAsPrivileged'] = (schemes) => {
  if (app.isReady) throw new Error('Schemes are registered before the application is ready')
  for (const { scheme, privileges } of schemes) if (privileges?.standard) privileged.add(scheme)
}

const handle: Protocol['handle'] = (scheme, handler) => {
  if (!app.isReady) throw new Error('Protocols are handled once the application is ready')
  if (!privileged.has(scheme)) throw new Error(`${scheme} was not registered`)
  handlers.set(scheme, handler)
}

export const protocol = { registerSchemesAsPrivileged, handle }

/** Chromium knows no scheme of ours: `desk://app/x` is opened as `http://app.desk.localhost/x`, answered from here. */
export function toChromium(url: string): string {
  const { protocol: scheme, host, pathname, search, hash } = new URL(url)
  const name = scheme.slice(0, -1)
  return handlers.has(name) ? `http://${host}.${name}.localhost${pathname}${search}${hash}` : url
}

export function fromChromium(url: string): string {
  for (const name of handlers.keys()) {
    const found = new RegExp(`^http://([^/]+)\\.${name}\\.localhost(/.*)?$`).exec(url)
    if (found) return `${name}://${found[1]}${found[2] ?? '/'}`
  }
  return url
}

/** The application's own answer to a request of Chromium; undefined for what no handler is there for. */
export async function answerRequest(url: string, method: string): Promise<Response | undefined> {
  const own = fromChromium(url)
  const handler = handlers.get(new URL(own).protocol.slice(0, -1))
  if (own === url || handler === undefined) return undefined
  // Node's Request cannot hold a scheme of ours; handlers read its address and method.
  return handler({ url: own, method } as Parameters<Handler>[0])
}
