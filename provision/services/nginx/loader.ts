import { replaceText } from '../../steps/files.ts'
import type { Undo } from '../../steps/step.ts'
import { findText, remove, writeAtomically } from '../../system/files.ts'
import { takeLock } from '../../system/lock.ts'
import { findStart } from '../../system/process-table.ts'
import { runProgram } from '../../system/process.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import type { WebServiceParts } from '../web-service.ts'
import type { NginxFolders } from './config.ts'
import {
  findMaster,
  getNginx,
  reloadMaster,
  startMaster,
  stopMaster,
  testConfiguration,
} from './master.ts'

/** A file of the configuration as it is to be; without text it is to be absent. */
export interface WantedFile {
  file: string
  text: string | undefined
}

/**
 * Brings files of the configuration into force: under a lock they are written, tested, taken over by the master, and
 * looked at. A mark tells that all files on disk are what the running master has; it is gone while they change, so
 * that whoever was cut off in the middle leaves no mark, and the next one loads again.
 */
export class NginxLoader {
  readonly #parts: WebServiceParts
  readonly #folders: NginxFolders

  constructor(parts: WebServiceParts, folders: NginxFolders) {
    this.#parts = parts
    this.#folders = folders
  }

  /** On any failure the old files are back and loaded. Without `isForced`, files already in force are left alone. */
  async change(
    wanted: readonly WantedFile[],
    { signal, isForced = false }: { signal: AbortSignal; isForced?: boolean },
  ): Promise<Undo> {
    return this.#locked(signal, async () => {
      if (!isForced && (await this.#isInForce(wanted))) return () => Promise.resolve()
      const undos: Undo[] = [await replaceText(this.#folders.loaded, undefined)]
      try {
        for (const { file, text } of wanted) undos.unshift(await replaceText(file, text))
        await testConfiguration(await getNginx(), this.#folders, signal)
      } catch (error) {
        // The master has heard of nothing yet.
        await putBack(undos)
        throw error
      }
      return this.#loadOrRestore(undos, signal)
    })
  }

  async #loadOrRestore(undos: readonly Undo[], signal: AbortSignal): Promise<Undo> {
    const wasRunning = (await findMaster(this.#folders)) !== undefined
    try {
      await this.#load(signal)
      return () => this.#locked(NEVER, () => this.#restore(undos))
    } catch (error) {
      await this.#restore(undos).catch((second: unknown) =>
        this.#parts.log('error', `nginx could not be set back: ${String(second)}`),
      )
      if (!wasRunning && this.#parts.restartCommand === undefined) await stopMaster(this.#folders)
      throw error
    }
  }

  async #locked<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const release = await takeLock(this.#parts.folders.locks, 'nginx', { signal })
    try {
      return await work()
    } finally {
      await release()
    }
  }

  async #isInForce(wanted: readonly WantedFile[]): Promise<boolean> {
    if (this.#parts.restartCommand !== undefined) return false
    const master = await findMaster(this.#folders)
    if (master === undefined) return false
    if ((await findText(this.#folders.loaded)) !== (await markOf(master))) return false
    const texts = await Promise.all(wanted.map(({ file }) => findText(file)))
    return wanted.every(({ text }, index) => text === texts[index])
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { restartCommand, log, port } = this.#parts
    if (restartCommand !== undefined) return runRestart(restartCommand, signal)
    const master = await findMaster(this.#folders)
    if (master === undefined) {
      await startMaster(await getNginx(), this.#folders, port)
      log('info', 'nginx did not run and was started.')
    } else {
      await reloadMaster(master, this.#folders)
    }
    await this.#mark()
  }

  /** A master that was started meanwhile goes on: other sites may already rely on it. */
  async #restore(undos: readonly Undo[]): Promise<void> {
    await putBack(undos)
    await remove(this.#folders.loaded)
    if (this.#parts.restartCommand !== undefined)
      return runRestart(this.#parts.restartCommand, NEVER)
    const master = await findMaster(this.#folders)
    if (master === undefined) return
    await reloadMaster(master, this.#folders)
    await this.#mark()
  }

  async #mark(): Promise<void> {
    const master = await findMaster(this.#folders)
    if (master !== undefined) await writeAtomically(this.#folders.loaded, await markOf(master))
  }
}

async function putBack(undos: readonly Undo[]): Promise<void> {
  for (const undo of undos) await undo()
}

/** What takes back is not cancelled. */
const NEVER = new AbortController().signal

const markOf = async (master: number): Promise<string> =>
  `${master} ${(await findStart(master)) ?? ''}`

async function runRestart(command: string, signal: AbortSignal): Promise<void> {
  const [program = '', ...args] = command.split(/ +/)
  const { exitCode, output } = await runProgram([program, ...args], { isOwnSession: true, signal })
  if (exitCode === 0) return
  throw new ProvisionError(
    'PROVISION_NGINX_RELOAD',
    `“${command}” ended with ${exitCode}: ${output.trim()}`,
  )
}
