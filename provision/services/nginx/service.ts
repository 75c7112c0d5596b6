import type { JsonRecord } from '#shared/domain/json.ts'
import { removeStep, replaceText } from '../../steps/files.ts'
import type { Step, Undo } from '../../steps/step.ts'
import { ensureFolder, kindOf, remove } from '../../system/files.ts'
import { takeLock } from '../../system/lock.ts'
import { hasIpv6 } from '../../system/machine.ts'
import { runProgram } from '../../system/process.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import type { WebService, WebServiceParts, WebSite } from '../web-service.ts'
import {
  accessLog,
  type NginxFolders,
  nginxFoldersOf,
  renderListen,
  renderMain,
  renderVhost,
  vhostFile,
} from './config.ts'
import {
  findMaster,
  getNginx,
  reloadMaster,
  startMaster,
  stopMaster,
  testConfiguration,
  versionOf,
} from './master.ts'

/** nginx, whose master runs as this account. Every change of its files is tested, taken over and looked at, or undone. */
export class NginxService implements WebService {
  readonly #parts: WebServiceParts
  readonly #folders: NginxFolders

  constructor(parts: WebServiceParts) {
    this.#parts = parts
    this.#folders = nginxFoldersOf(parts.folders.nginx)
  }

  verifyServer(facts: JsonRecord): Step[] {
    return [
      {
        title: 'Write and load the configuration of nginx',
        run: async (signal) => {
          facts['nginx'] = await versionOf(await getNginx())
          const wasThere = (await kindOf(this.#folders.root)) !== 'absent'
          const undoFolders = async (): Promise<void> => {
            if (wasThere) return
            await stopMaster(this.#folders)
            await remove(this.#folders.root)
          }
          try {
            await this.#ensureFolders()
            const undo = await this.#change(signal, this.#serverFiles())
            return () => (wasThere ? undo() : undoFolders())
          } catch (error) {
            await undoFolders()
            throw error
          }
        },
      },
    ]
  }

  configureSite(site: WebSite): Step[] {
    const file = vhostFile(this.#folders, site.uri)
    return [
      {
        title: `Write and load the virtual host ${site.uri}`,
        run: async (signal) => {
          await this.#checkVerified()
          const text = renderVhost(this.#folders, site, this.#parts.port)
          const log = accessLog(this.#folders, site.uri)
          // Testing makes the log file.
          const hadLog = (await kindOf(log)) !== 'absent'
          const dropLog = (): Promise<void> => (hadLog ? Promise.resolve() : remove(log))
          try {
            const undo = await this.#change(signal, [{ file, text }])
            return () => undo().finally(dropLog)
          } catch (error) {
            await dropLog()
            throw error
          }
        },
      },
    ]
  }

  removeSite(uri: string): Step[] {
    const file = vhostFile(this.#folders, uri)
    return [
      {
        title: `Remove the virtual host ${uri}`,
        run: async (signal) =>
          (await kindOf(file)) === 'absent'
            ? undefined
            : this.#change(signal, [{ file, text: undefined }]),
      },
      removeStep(`Remove the access log of ${uri}`, accessLog(this.#folders, uri)),
    ]
  }

  removeServer(): Step[] {
    return [
      {
        title: 'Stop nginx',
        run: async () => {
          if (this.#parts.restartCommand !== undefined) {
            this.#parts.log('warning', 'nginx has a restart command: end it by its own means.')
            return undefined
          }
          const wasRunning = (await findMaster(this.#folders)) !== undefined
          await stopMaster(this.#folders)
          return wasRunning
            ? async () => startMaster(await getNginx(), this.#folders, this.#parts.port)
            : undefined
        },
      },
      removeStep('Remove the configuration of nginx', this.#folders.root),
    ]
  }

  urlOf(uri: string): string {
    const { port } = this.#parts
    return `http://${uri}${port === 80 ? '' : `:${port}`}`
  }

  async #checkVerified(): Promise<void> {
    if ((await kindOf(this.#folders.main)) === 'file') return
    throw new ProvisionError(
      'PROVISION_SERVER_NOT_VERIFIED',
      'nginx has no configuration on this server yet: verify the server first.',
    )
  }

  async #ensureFolders(): Promise<void> {
    const { root, vhosts, logs, temporary, run } = this.#folders
    for (const folder of [root, vhosts, logs, temporary, run]) await ensureFolder(folder)
  }

  #serverFiles(): { file: string; text: string }[] {
    const { main, listen } = this.#folders
    return [
      { file: main, text: renderMain(this.#folders) },
      { file: listen, text: renderListen(this.#parts.port, { hasIpv6: hasIpv6() }) },
    ]
  }

  /** Writes files, tests, and has nginx take them over. On any failure the old files are back and loaded. */
  async #change(
    signal: AbortSignal,
    files: readonly { file: string; text: string | undefined }[],
  ): Promise<Undo> {
    return this.#locked(signal, async () => {
      const undos: Undo[] = []
      const wasRunning = (await findMaster(this.#folders)) !== undefined
      try {
        for (const { file, text } of files) undos.unshift(await replaceText(file, text))
        await testConfiguration(await getNginx(), this.#folders, signal)
        await this.#load(signal)
        return () => this.#locked(NEVER, () => this.#restore(undos))
      } catch (error) {
        await this.#restore(undos).catch((second: unknown) =>
          this.#parts.log('error', `nginx could not be set back: ${String(second)}`),
        )
        if (!wasRunning && this.#parts.restartCommand === undefined) await stopMaster(this.#folders)
        throw error
      }
    })
  }

  async #locked<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const release = await takeLock(this.#parts.folders.locks, 'nginx', { signal })
    try {
      return await work()
    } finally {
      await release()
    }
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { restartCommand, log, port } = this.#parts
    if (restartCommand !== undefined) return runRestart(restartCommand, signal)
    const master = await findMaster(this.#folders)
    if (master !== undefined) return reloadMaster(master, this.#folders)
    await startMaster(await getNginx(), this.#folders, port)
    log('info', 'nginx did not run and was started.')
  }

  /** A master that was started meanwhile goes on: other sites may already rely on it. */
  async #restore(undos: readonly Undo[]): Promise<void> {
    for (const undo of undos) await undo()
    if (this.#parts.restartCommand !== undefined)
      return runRestart(this.#parts.restartCommand, NEVER)
    const master = await findMaster(this.#folders)
    if (master !== undefined) await reloadMaster(master, this.#folders)
  }
}

/** What takes back is not cancelled. */
const NEVER = new AbortController().signal

async function runRestart(command: string, signal: AbortSignal): Promise<void> {
  const [program = '', ...args] = command.split(/ +/)
  const { exitCode, output } = await runProgram([program, ...args], { isOwnSession: true, signal })
  if (exitCode === 0) return
  throw new ProvisionError(
    'PROVISION_NGINX_RELOAD',
    `“${command}” ended with ${exitCode}: ${output.trim()}`,
  )
}
