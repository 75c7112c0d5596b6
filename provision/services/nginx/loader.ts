import { type OldText, putText, rememberText, replaceText } from '../../steps/files.ts'
import type { Work } from '../../steps/step.ts'
import { undoKind } from '../../steps/undo.ts'
import { findText, kindOf, remove, writeAtomically } from '../../system/files.ts'
import { withLock } from '../../system/lock.ts'
import { findStart } from '../../system/process-table.ts'
import { runProgram } from '../../system/process.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import type { WebServiceParts } from '../web-service.ts'
import { type NginxFolders, nginxFoldersOf } from './config.ts'
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

/** How the master takes a changed configuration over. */
type Loading = { port: number; restartCommand: string | null }

/**
 * Taken back: the files are as they were, and so is what the master has. A master that was started meanwhile goes on, since
 * other sites may already rely on it.
 */
const nginxLoaded = undoKind(
  'nginx-loaded',
  async ({ files, ...loading }: { files: OldText[] } & Loading, { folders, log }) => {
    const parts = {
      folders,
      log,
      port: loading.port,
      restartCommand: loading.restartCommand ?? undefined,
    }
    await new NginxLoader(parts, nginxFoldersOf(folders.nginx)).putBack(files)
  },
)

export const loaderKinds = [nginxLoaded]

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

  /**
   * On any failure the old files are back and loaded before another command can change anything. Without `isForced`, files
   * already in force are left alone.
   */
  change(work: Work, wanted: readonly WantedFile[], { isForced = false } = {}): Promise<void> {
    return this.#locked(work.signal, () =>
      work.attempt(async () => {
        if (!isForced && (await this.#isInForce(wanted))) return
        await remove(this.#folders.loaded)
        const files = await Promise.all(wanted.map(({ file }) => rememberText(file)))
        for (const { file, text } of wanted) await replaceText(work, file, text)
        await testConfiguration(await getNginx(), this.#folders, work.signal)
        // Until here the master has heard of nothing.
        const { port, restartCommand = null } = this.#parts
        await work.willUndo(nginxLoaded.of({ files, port, restartCommand }))
        await this.#load(work.signal)
      }),
    )
  }

  /** Under the lock, which this process may hold already: the files as they were, and loaded. */
  putBack(files: readonly OldText[]): Promise<void> {
    return this.#locked(NEVER, async () => {
      await remove(this.#folders.loaded)
      for (const { file, text, mode } of files) await putText(file, text ?? undefined, mode)
      // There was no nginx here before.
      if ((await kindOf(this.#folders.main)) === 'absent') return stopMaster(this.#folders)
      const { restartCommand } = this.#parts
      if (restartCommand !== undefined) return runRestart(restartCommand, NEVER)
      const master = await findMaster(this.#folders)
      if (master === undefined) return
      await reloadMaster(master, this.#folders)
      await this.#mark()
    })
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
    const { restartCommand } = this.#parts
    if (restartCommand !== undefined) return runRestart(restartCommand, signal)
    const master = await findMaster(this.#folders)
    if (master === undefined) await this.#start()
    else await reloadMaster(master, this.#folders)
    await this.#mark()
  }

  async #start(): Promise<void> {
    const { log, port } = this.#parts
    try {
      await startMaster(await getNginx(), this.#folders, port)
    } catch (error) {
      await stopMaster(this.#folders)
      throw error
    }
    log('info', 'nginx did not run and was started.')
  }

  #locked<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    return withLock(this.#parts.folders.locks, 'nginx', { signal }, work)
  }

  async #mark(): Promise<void> {
    const master = await findMaster(this.#folders)
    if (master !== undefined) await writeAtomically(this.#folders.loaded, await markOf(master))
  }
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
