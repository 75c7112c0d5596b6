import type { JsonRecord } from '#shared/domain/json.ts'
import type { PlannedChange } from '#shared/protocol/planned-change.ts'
import { removal, removeStep } from '../../steps/files.ts'
import type { Step, Work } from '../../steps/step.ts'
import { undoKind } from '../../steps/undo.ts'
import { ensureFolder, kindOf } from '../../system/files.ts'
import { findMachineFile } from '../../system/machine-file.ts'
import { hasIpv6 } from '../../system/machine.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import type { SiteLog, WebService, WebServiceParts, WebSite } from '../web-service.ts'
import {
  accessLog,
  errorLog,
  type NginxFolders,
  nginxFoldersOf,
  renderListen,
  renderListenTls,
  renderMain,
  vhostFile,
} from './config.ts'
import { loaderKinds, NginxLoader } from './loader.ts'
import { removeLogsStep } from './logs.ts'
import { findMaster, getNginx, startMaster, stopMaster, versionOf } from './master.ts'
import { rotateLogs } from './rotate.ts'
import type { WantedFile } from './staging.ts'
import { renderVhost } from './vhost.ts'

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
          await this.#loader.change(work, await this.#serverFiles(), { isForced: true })
        },
        preview: async () => this.#loader.preview(await this.#serverFiles(), { isForced: true }),
      },
    ]
  }

  configureSite(site: WebSite): Step[] {
    return [
      {
        kind: 'write-vhost',
        title: `Write and load the virtual host ${site.uri}`,
        run: async (work) => {
          await this.#checkVerified()
          for (const log of Object.values(this.logsOf(site.uri)))
            // Testing makes the log files.
            if ((await kindOf(log)) === 'absent') await work.willUndo(removal.of({ path: log }))
          await this.#loader.change(work, await this.#siteFiles(site))
        },
        preview: async () => {
          await this.#checkVerified()
          return this.#loader.preview(await this.#siteFiles(site))
        },
      },
    ]
  }

  removeSite(uri: string): Step[] {
    const file = vhostFile(this.#folders, uri)
    const change = async (): Promise<WantedFile[]> =>
      (await kindOf(file)) === 'absent' ? [] : [{ file, text: undefined }]
    return [
      {
        kind: 'remove-vhost',
        title: `Remove the virtual host ${uri}`,
        run: async (work) => {
          const wanted = await change()
          if (wanted.length > 0) await this.#loader.change(work, wanted)
        },
        preview: async () => this.#loader.preview(await change()),
      },
      removeLogsStep(this.#folders, uri),
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
          if ((await findMaster(this.#folders)) === undefined || (await isRoots())) return
          await work.willUndo(nginxStopped.of({ port: this.#parts.port }))
          await stopMaster(this.#folders)
        },
        preview: async () => ((await isRoots()) ? [] : [STOP]),
      },
      this.#removeConfiguration(),
    ]
  }

  urlOf(uri: string, { isSecure }: { isSecure: boolean } = { isSecure: false }): string {
    const { port, httpsPort = 443 } = this.#parts
    if (isSecure) return `https://${uri}${httpsPort === 443 ? '' : `:${httpsPort}`}`
    return `http://${uri}${port === 80 ? '' : `:${port}`}`
  }

  async hasHttps(): Promise<boolean> {
    return (await kindOf(this.#folders.listenTls)) === 'file'
  }

  logsOf(uri: string): Record<SiteLog, string> {
    return { access: accessLog(this.#folders, uri), error: errorLog(this.#folders, uri) }
  }

  async rotateLogs(now: number, signal: AbortSignal): Promise<void> {
    if ((await kindOf(this.#folders.logs)) !== 'folder') return
    const { locks } = this.#parts.folders
    const count = await rotateLogs({ folders: this.#folders, locks, now, signal })
    if (count > 0) this.#parts.log('info', `Rotated ${count} logs of nginx.`)
  }

  /** A server that root prepared goes on with an nginx that has no site. */
  #removeConfiguration(): Step {
    const step = removeStep('Remove the configuration of nginx', this.#folders.root)
    return {
      ...step,
      run: async (work) => {
        if (await isRoots()) this.#parts.log('info', 'nginx is root’s to stop: it goes on.')
        else await step.run(work)
      },
      preview: async (signal) => ((await isRoots()) ? [] : ((await step.preview?.(signal)) ?? [])),
    }
  }

  async #checkVerified(): Promise<void> {
    if ((await kindOf(this.#folders.main)) === 'file') return
    throw new ProvisionError(
      'PROVISION_SERVER_NOT_VERIFIED',
      'nginx has no configuration on this server yet: verify the server first.',
    )
  }

  async #ensureFolders(work: Work): Promise<void> {
    const { root, vhosts, logs, temporary, run, tls, challenges } = this.#folders
    if ((await kindOf(root)) === 'absent') await work.willUndo(removal.of({ path: root }))
    for (const folder of [root, vhosts, logs, temporary, run, tls, challenges])
      await ensureFolder(folder)
  }

  async #serverFiles(): Promise<WantedFile[]> {
    const { main, listen, listenTls } = this.#folders
    const here = { hasIpv6: hasIpv6() }
    const https = this.#parts.httpsPort
    const files = [{ file: listen, text: renderListen(this.#parts.port, here) }]
    if (https !== undefined) {
      const version = await versionOf(await getNginx())
      files.push({ file: listenTls, text: renderListenTls(https, { ...here, version }) })
    }
    const hasTls = https !== undefined || (await this.hasHttps())
    return [{ file: main, text: renderMain(this.#folders, { hasTls }) }, ...files]
  }

  /** With the main file: that of an older release may lack what a virtual host relies on. */
  async #siteFiles(site: WebSite): Promise<WantedFile[]> {
    const hasTls = await this.hasHttps()
    const ports = { http: this.#parts.port, https: hasTls ? this.#parts.httpsPort : undefined }
    return [
      { file: this.#folders.main, text: renderMain(this.#folders, { hasTls }) },
      {
        file: vhostFile(this.#folders, site.uri),
        text: renderVhost(this.#folders, site, ports),
        isOff: !site.isEnabled,
      },
    ]
  }
}

const STOP: PlannedChange = { kind: 'other', action: 'run', target: 'nginx', detail: 'stop it' }

/** Whether a unit of root's starts nginx: then it is not ours to stop for good. */
const isRoots = async (): Promise<boolean> => (await findMachineFile()) !== undefined
