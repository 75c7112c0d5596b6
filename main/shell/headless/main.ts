import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { AppError } from '#shared/errors.ts'
import { openApp } from '../../app.ts'
import { dataFolderOf } from '../../lib/data-folder.ts'
import { listenForClients } from '../../rpc/owner-socket.ts'
import { serveRenderer } from './server.ts'
import { sessionKeyOf } from './session-key.ts'

/**
 * The application without a window: `headless [--data DIR] [--port N]`. Prints the address to open; runs until it is
 * told to stop. Tasks go on on their servers.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { data: { type: 'string' }, port: { type: 'string', default: '0' } },
  })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    console.error('--port is a number from 0 to 65535; 0 picks a free one.')
    return 2
  }
  const folder = dataFolderOf({ data: values.data })
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
      writeFileSync(path.join(folder, 'headless.url'), `${address}\n`, { mode: 0o600 })
      console.log(`Hosting Desk is at ${address}`)
    },
  })
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve())
  })
  await web.close()
  await clients.close()
  await app.close()
  return 0
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof AppError ? error.message : error)
    process.exit(error instanceof AppError && error.code === 'store.locked' ? 3 : 1)
  },
)
