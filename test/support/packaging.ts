import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { extractAll } from '@electron/asar'

const runFile = promisify(execFile)
const ROOT = path.resolve(import.meta.dirname, '../..')

/** What Electron's binary holds its fuses behind: this text, a version, their number, and a byte for each. */
const FUSE_WIRE = Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX')
/** In the order of the wire. */
export const FUSES = [
  'runAsNode',
  'cookieEncryption',
  'nodeOptions',
  'nodeInspect',
  'asarIntegrity',
  'onlyAsar',
  'browserSnapshot',
  'fileProtocolPrivileges',
  'wasmTrapHandlers',
] as const

/** The application, packaged by the real electron-builder over a dummy of Electron's distribution. */
export class PackagedApp {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async make(): Promise<PackagedApp> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'desk-package-'))
    await makeDummyElectron(path.join(folder, 'electron'))
    const builder = path.join(ROOT, 'node_modules/electron-builder/cli.js')
    const settings = [
      `-c.electronDist=${path.join(folder, 'electron')}`,
      `-c.directories.output=${path.join(folder, 'release')}`,
    ]
    const args = [builder, '--linux', 'dir', '--publish', 'never', ...settings]
    // Told of Vitest, the builder says nothing, not even what went wrong.
    const env = { ...process.env, VITEST: undefined, CI: 'true' }
    await runFile(process.execPath, args, { cwd: ROOT, env, maxBuffer: 16 * 1024 * 1024 })
    return new PackagedApp(folder)
  }

  get archive(): string {
    return path.join(this.#folder, 'release/linux-unpacked/resources/app.asar')
  }

  /** Which fuses of the packaged binary are on. */
  async fuses(): Promise<Record<string, boolean>> {
    const file = path.join(this.#folder, 'release/linux-unpacked/hosting-desk')
    const binary = await readFile(file)
    const start = binary.indexOf(FUSE_WIRE) + FUSE_WIRE.length + 2
    return Object.fromEntries(
      FUSES.map((name, at) => [name, binary[start + at] === '1'.charCodeAt(0)]),
    )
  }

  /** Unpacks the archive, far from the project's own modules; the file that Electron would start. */
  async unpack(): Promise<string> {
    const app = path.join(this.#folder, 'unpacked/app.asar')
    await mkdir(app, { recursive: true })
    extractAll(this.archive, app)
    await cp(`${this.archive}.unpacked`, `${app}.unpacked`, { recursive: true })
    const { main } = JSON.parse(await readFile(path.join(app, 'package.json'), 'utf8')) as {
      main: string
    }
    return path.join(app, main)
  }

  /** Runs the packaged launcher of the command line, over a binary that tells how it was called. */
  async launch(...args: string[]): Promise<string> {
    const folder = path.join(this.#folder, 'launch')
    const unpacked = path.join(this.#folder, 'release/linux-unpacked')
    await cp(path.join(unpacked, 'resources/bin'), path.join(folder, 'resources/bin'), {
      recursive: true,
    })
    const binary = path.join(folder, 'hosting-desk')
    await writeFile(binary, '#!/bin/sh\necho "$ELECTRON_RUN_AS_NODE" "$@"\n', { mode: 0o755 })
    const { stdout } = await runFile(path.join(folder, 'resources/bin/hosting-desk'), args)
    return stdout.trim()
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true })
  }
}

async function makeDummyElectron(folder: string): Promise<void> {
  const { version } = JSON.parse(
    await readFile(path.join(ROOT, 'node_modules/electron/package.json'), 'utf8'),
  ) as { version: string }
  for (const name of ['resources', 'locales']) {
    await mkdir(path.join(folder, name), { recursive: true })
  }
  await writeFile(path.join(folder, 'version'), version)
  await writeFile(path.join(folder, 'locales/en-US.pak'), '')
  const off = Buffer.from('0'.repeat(FUSES.length))
  const wire = Buffer.concat([FUSE_WIRE, Buffer.from([1, FUSES.length]), off])
  await writeFile(path.join(folder, 'electron'), wire, { mode: 0o755 })
}
