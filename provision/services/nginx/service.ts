import type { JsonRecord } from '#shared/domain/json.ts'
import { removeStep } from '../../steps/files.ts'
import type { Step } from '../../steps/step.ts'
import { ensureFolder, kindOf, remove } from '../../system/files.ts'
import { hasIpv6 } from '../../system/machine.ts'
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
import { NginxLoader } from './loader.ts'
import { findMaster, getNginx, startMaster, stopMaster, versionOf } from './master.ts'

/** nginx, whose master runs as this account. Every change of its files is tested, taken over and looked at, or undone. */
export class NginxService implements WebService {
  readonly #parts: WebServiceParts
  readonly #folders: NginxFolders
  readonly #loader: NginxLoader

  constructor(parts: WebServiceParts) {
    this.#parts = parts
    this.#folders = nginxFoldersOf(parts.folders.nginx)
    this.#loader = new NginxLoader(parts, this.#folders)
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
            const undo = await this.#loader.change(this.#serverFiles(), { signal, isForced: true })
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
            const undo = await this.#loader.change([{ file, text }], { signal })
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
            : this.#loader.change([{ file, text: undefined }], { signal }),
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
}
