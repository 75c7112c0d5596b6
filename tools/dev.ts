import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { createServer, type ProxyOptions } from 'vite'
import { build, renderResult, type BuildTarget } from './build.ts'

/**
 * `npm run dev [-- --data DIR]`: the renderer by Vite's development server, and behind it the headless application, built
 * and started again after each change of its sources.
 */
const root = path.resolve(import.meta.dirname, '..')
const TARGETS: readonly BuildTarget[] = ['provision', 'templates', 'main']
const SOURCES = ['main', 'provision', 'shared']
const QUIET_MS = 200

const port = await findFreePort()
const target = `http://127.0.0.1:${port}`
let cookie = ''
let headless: ChildProcess | undefined
let timer: NodeJS.Timeout | undefined

await rebuild()
const server = await createServer({
  configFile: path.join(root, 'vite.config.ts'),
  server: { host: '127.0.0.1', proxy: { '/rpc': proxyToHeadless() } },
})
await server.listen()
server.printUrls()
for (const folder of SOURCES) watch(path.join(root, folder), { recursive: true }, rebuildSoon)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void stopAll())
}

function rebuildSoon(): void {
  clearTimeout(timer)
  timer = setTimeout(() => void rebuild(), QUIET_MS)
}

/** A change that does not build leaves what runs as it is. */
async function rebuild(): Promise<void> {
  try {
    const results = await build({ targets: TARGETS })
    if (headless !== undefined && results.every(({ state }) => state !== 'built')) return
    results.map(renderResult).forEach((line) => console.log(line))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return
  }
  await stopHeadless()
  startHeadless()
}

function startHeadless(): void {
  const file = path.join(root, 'dist/main/headless.js')
  const args = [file, '--port', `${port}`, ...process.argv.slice(2)]
  headless = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  if (headless.stdout === null) return
  createInterface(headless.stdout).on('line', (line) => {
    const address = /^Hosting Desk is at (\S+)$/.exec(line)?.[1]
    // Each exchange prints the next address; one cookie is enough.
    if (address === undefined) console.log(line)
    else if (cookie === '') void exchange(address)
  })
}

async function exchange(address: string): Promise<void> {
  const response = await fetch(address, { redirect: 'manual' })
  cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
}

async function stopHeadless(): Promise<void> {
  cookie = ''
  if (headless === undefined || headless.exitCode !== null) return
  const ended = once(headless, 'exit')
  headless.kill('SIGTERM')
  await ended
}

async function stopAll(): Promise<void> {
  await stopHeadless()
  await server.close()
  process.exit(0)
}

/** The page comes from another port than it asks: here, and only here, that is made good; and only for our own page. */
function proxyToHeadless(): ProxyOptions {
  return {
    target,
    ws: true,
    changeOrigin: true,
    configure(proxy) {
      proxy.on('proxyReqWs', (proxied, request, socket) => {
        const { host = '', origin } = request.headers
        const isOurs = /^(127\.0\.0\.1|localhost):\d+$/.test(host) && origin === `http://${host}`
        if (!isOurs) socket.destroy()
        proxied.setHeader('origin', target)
        proxied.setHeader('cookie', cookie)
      })
    },
  }
}

async function findFreePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('No port is free.')
  return address.port
}
