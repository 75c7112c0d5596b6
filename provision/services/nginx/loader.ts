import type { PlannedChange } from '#shared/protocol/planned-change.ts'
import { type OldText, putText, rememberText, replaceText } from '../../steps/files.ts'
import { planText } from '../../steps/preview.ts'
import type { Work } from '../../steps/step.ts'
import { undoKind } from '../../steps/undo.ts'
import { findText, kindOf, remove, writeAtomically } from '../../system/files.ts'
import { withLock } from '../../system/lock.ts'
import { findStart } from '../../system/process-table.ts'
import { runProgram } from '../../system/process.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import type { WebServiceParts } from '../web-service.ts'
import { type NginxFolders, nginxFoldersOf, vhostFile } from './config.ts'
import { findMaster, getNginx, reloadMaster, startMaster, stopMaster } from './master.ts'
import {
  type Answers,
  askAll,
  BUDGET_MS,
  confirmBroken,
  findProbes,
  type Probe,
  type ProbeParts,
} from './probe.ts'
import { testStaged, type WantedFile } from './staging.ts'

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
        await testStaged(work, this.#folders, wanted)
        const files = await Promise.all(wanted.map(({ file }) => rememberText(file)))
        const sites = await this.#lookAtAll(work.signal)
        await remove(this.#folders.loaded)
        const { port, restartCommand = null } = this.#parts
        await work.willUndo(nginxLoaded.of({ files, port, restartCommand }))
        for (const { file, text } of wanted) await replaceText(work, file, text)
        await this.#load(work.signal)
        await this.#refuseBroken(sites, wanted, work.signal)
      }),
    )
  }

  /** What `change` would do now. */
  async preview(
    wanted: readonly WantedFile[],
    { isForced = false } = {},
  ): Promise<PlannedChange[]> {
    if (wanted.length === 0 || (!isForced && (await this.#isInForce(wanted)))) return []
    const changes = await Promise.all(wanted.map(({ file, text }) => planText(file, text)))
    const restart = this.#parts.restartCommand
    const target = restart ?? 'nginx'
    return [...changes.flat(), { kind: 'reload', action: 'run', target }]
  }

  /** How every site of this nginx answers now. */
  async #lookAtAll(signal: AbortSignal): Promise<{ probes: Probe[]; before: Answers }> {
    const parts = await this.#probeParts(signal)
    const isRunning = (await findMaster(this.#folders)) !== undefined
    const probes = isRunning ? await findProbes(parts) : []
    return { probes, before: await askAll(probes, parts) }
  }

  /** Throws PROVISION_SITES_BROKEN where a site that answered does not any more, but for one that was taken away. */
  async #refuseBroken(
    { probes, before }: { probes: readonly Probe[]; before: Answers },
    wanted: readonly WantedFile[],
    signal: AbortSignal,
  ): Promise<void> {
    const off = wanted.filter(({ text, isOff }) => text === undefined || isOff === true)
    const kept = probes.filter(
      ({ uri }) => !off.some(({ file }) => file === vhostFile(this.#folders, uri)),
    )
    const { broken, unknown } = await confirmBroken(kept, before, await this.#probeParts(signal))
    const [first, ...others] = broken
    if (first === undefined) return this.#tellUnknown(unknown, kept)
    const more = others.length === 0 ? '' : `, and ${others.length} more`
    throw new ProvisionError(
      'PROVISION_SITES_BROKEN',
      `The change of nginx was taken back: ${first.what}${more}.`,
    )
  }

  #tellUnknown(unknown: readonly string[], probes: readonly Probe[]): void {
    if (unknown.length === 0) return
    const all = new Set(probes.map(({ uri }) => uri)).size
    const some = unknown.slice(0, 5).join(', ')
    this.#parts.log(
      'warning',
      `${unknown.length} of ${all} sites could not be looked at before and after this change of nginx, within ${BUDGET_MS / 1000} s each time; look at them by hand: ${some}${unknown.length > 5 ? ', …' : ''}.`,
    )
  }

  /** With the ports that are in force: those of the server may be about to change. */
  async #probeParts(signal: AbortSignal): Promise<ProbeParts> {
    const { listen, listenTls } = this.#folders
    const httpPort = (await findPort(listen)) ?? this.#parts.port
    return { folders: this.#folders, httpPort, httpsPort: await findPort(listenTls), signal }
  }

  /** Under the lock, which this process may hold already: the files as they were, and loaded. */
  putBack(files: readonly OldText[]): Promise<void> {
    const startedAt = performance.now()
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
      const tookMs = Math.round(performance.now() - startedAt)
      this.#parts.log('info', `nginx has its last good configuration again, after ${tookMs} ms.`)
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

const findPort = async (file: string): Promise<number | undefined> => {
  const [, port] = /^listen (\d+)/m.exec((await findText(file)) ?? '') ?? []
  return port === undefined ? undefined : Number(port)
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
