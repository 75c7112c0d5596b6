import type { JsonRecord } from '#shared/domain/json.ts'
import { removal, removeStep } from '../../steps/files.ts'
import type { Step, Work } from '../../steps/step.ts'
import { undoKind } from '../../steps/undo.ts'
import { ensureFolder, kindOf } from '../../system/files.ts'
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
import { loaderKinds, NginxLoader } from './loader.ts'
import { findMaster, getNginx, startMaster, stopMaster, versionOf } from './master.ts'

/** Taken back: a master runs again. */
const nginxStopped = undoKind('nginx-stopped', async ({ port }: { port: number }, { folders }) => {
  const nginx = nginxFoldersOf(folders.nginx)
  if ((await findMaster(nginx)) === undefined) await startMaster(await getNginx(), nginx, port)
})

export const nginxKinds = [...loaderKinds, nginxStopped]

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
        kind: 'configure-nginx',
        title: 'Write and load the configuration of nginx',
        run: async (work) => {
          facts['nginx'] = await versionOf(await getNginx())
          await this.#ensureFolders(work)
          await this.#loader.change(work, this.#serverFiles(), { isForced: true })
        },
      },
    ]
  }

  configureSite(site: WebSite): Step[] {
    const file = vhostFile(this.#folders, site.uri)
    return [
      {
        kind: 'write-vhost',
        title: `Write and load the virtual host ${site.uri}`,
        run: async (work) => {
          await this.#checkVerified()
          const text = renderVhost(this.#folders, site, this.#parts.port)
          const log = accessLog(this.#folders, site.uri)
          // Testing makes the log file.
          if ((await kindOf(log)) === 'absent') await work.willUndo(removal.of({ path: log }))
          await this.#loader.change(work, [{ file, text }])
        },
      },
    ]
  }

  removeSite(uri: string): Step[] {
    const file = vhostFile(this.#folders, uri)
    return [
      {
        kind: 'remove-vhost',
        title: `Remove the virtual host ${uri}`,
        run: async (work) => {
          if ((await kindOf(file)) === 'absent') return
          await this.#loader.change(work, [{ file, text: undefined }])
        },
      },
      removeStep(`Remove the access log of ${uri}`, accessLog(this.#folders, uri)),
    ]
  }

  removeServer(): Step[] {
    return [
      {
        kind: 'stop-nginx',
        title: 'Stop nginx',
        run: async (work) => {
          if (this.#parts.restartCommand !== undefined) {
            this.#parts.log('warning', 'nginx has a restart command: end it by its own means.')
            return
          }
          if ((await findMaster(this.#folders)) === undefined) return
          await work.willUndo(nginxStopped.of({ port: this.#parts.port }))
          await stopMaster(this.#folders)
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

  async #ensureFolders(work: Work): Promise<void> {
    const { root, vhosts, logs, temporary, run } = this.#folders
    if ((await kindOf(root)) === 'absent') await work.willUndo(removal.of({ path: root }))
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
