import path from 'node:path'
import { parseArgs } from 'node:util'
import { AppError } from '#shared/errors.ts'
import { openApp } from '../../app.ts'
import { dataFolderOf } from '../../lib/data-folder.ts'
import { listenForClients } from '../../rpc/owner-socket.ts'
import { keepAddress, removeAddress } from './address-file.ts'
import { serveRenderer } from './server.ts'
import { sessionKeyOf } from './session-key.ts'

/**
 * The application without a window: `headless [--data DIR] [--port N]`. Prints the address to open; runs until it is
 * told to stop. Tasks go on on their servers.
 */
async function main(): Promise<number> {
  const { data, port } = parseOptions()
  const folder = dataFolderOf({ data })
  const dist = path.resolve(import.meta.dirname, '..')
  const app = await openApp({
    folder,
    shell: 'headless',
    secretBox: null,
    programFile: path.join(dist, 'provision/provision.mjs'),
    templateFolder: path.join(dist, 'templates/static-site'),
    now: Date.now,
  })
  const clients = await listenForClients(app, app.socketPath)
  const web = await serveRenderer(app, {
    rendererFolder: path.join(dist, 'renderer'),
    port,
    sessionKey: sessionKeyOf(folder),
    onAddress(address) {
      keepAddress(folder, address)
      console.log(`Hosting Desk is at ${address}`)
    },
  })
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve())
  })
  removeAddress(folder)
  await web.close()
  await clients.close()
  await app.close()
  return 0
}

function parseOptions(): { data: string | undefined; port: number } {
  try {
    const { values } = parseArgs({
      options: { data: { type: 'string' }, port: { type: 'string', default: '0' } },
    })
    const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN
    if (port <= 65_535) return { data: values.data, port }
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new AppError('input.invalid', said, { cause })
  }
  throw new AppError('input.invalid', '--port is a number from 0 to 65535; 0 picks a free one.')
}

function exitCodeOf(error: unknown): number {
  if (!(error instanceof AppError)) return 1
  if (error.code === 'store.locked') return 3
  return error.code === 'input.invalid' ? 2 : 1
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof AppError ? error.message : error)
    process.exit(exitCodeOf(error))
  },
)
