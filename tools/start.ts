import { spawn, spawnSync } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { desktopChance, findElectron } from './electron-binary.ts'

/**
 * `npm start [-- --data DIR …]`: builds what is stale, then opens the desktop application, or where that is not possible
 * the headless one in its place. Ends as the application ends.
 */
const root = path.resolve(import.meta.dirname, '..')
const args = process.argv.slice(2)

// A process of its own, so that the bundler's memory is not the application's.
const builder = [path.join(root, 'tools/build.ts'), '--quiet']
const built = spawnSync(process.execPath, builder, { stdio: 'inherit' })
if (built.status !== 0) process.exit(built.status ?? 1)

followNpm()
const chance = desktopChance({
  platform: process.platform,
  env: process.env,
  isRoot: process.getuid?.() === 0,
  electron: findElectron(path.join(root, 'node_modules/electron')),
})
if (chance.state === 'possible') {
  openDesktop(chance.electron)
} else {
  console.log(`Starting without a window, since ${chance.reason}.`)
  await becomeHeadless()
}

/**
 * npm starts its scripts in a shell, and a signal to npm ends that shell and no more. So whoever was started by npm
 * takes its shell's end as a signal to end.
 */
function followNpm(): void {
  if (process.env['npm_lifecycle_event'] === undefined || process.platform === 'win32') return
  const shell = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, 250)
  timer.unref()
}

/** In this very process: signals and the exit code need nobody to pass them on. */
async function becomeHeadless(): Promise<void> {
  const file = path.join(root, 'dist/main/headless.js')
  process.argv = [process.execPath, file, ...args]
  await import(pathToFileURL(file).href)
}

function openDesktop(electron: string): void {
  // A group of its own, so that Ctrl-C reaches it once, from here.
  const child = spawn(electron, [root, ...args], { stdio: 'inherit', detached: true })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('error', (error) => {
    console.error(`${electron} cannot be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code) => process.exit(code ?? 1))
}
