import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync } from 'node:fs'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { bearAnyLoad } from './any-load.ts'
import { Tab } from './browser.ts'
import { addressOf, aDataFolder, removeFolder, resetAccount } from './desk.ts'
import { eventually } from './eventually.ts'
import { endFirstRun } from './first-run.ts'
import { freePort } from './free-port.ts'
import { Headless, type Installation } from './headless.ts'
import { stopNginx } from './nginx.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from './sshd.ts'

const TEMPLATE = path.join(import.meta.dirname, '../../provision/templates/static-site')
/** A busy machine puts tasks off for a good while. */
const PATIENCE_MS = 600_000

/** The application in a browser, in front of a real sshd and nginx with an account of their own. */
export class Journey {
  readonly account: ReturnType<typeof ensureSandboxAccount>
  readonly webPort: number
  readonly sshd: Sshd
  readonly tab: Tab
  readonly calls: DeskClient
  readonly #headless: Headless
  readonly #data: string

  private constructor(parts: {
    account: ReturnType<typeof ensureSandboxAccount>
    webPort: number
    sshd: Sshd
    tab: Tab
    calls: DeskClient
    headless: Headless
    data: string
  }) {
    this.account = parts.account
    this.webPort = parts.webPort
    this.sshd = parts.sshd
    this.tab = parts.tab
    this.calls = parts.calls
    this.#headless = parts.headless
    this.#data = parts.data
  }

  /** The account's home is as new, but for a folder with a static site. */
  static async begin(
    { installation, browser }: { installation: Installation; browser: Browser },
    user: string,
  ): Promise<Journey> {
    const account = ensureSandboxAccount(user)
    await stopNginx(account.home)
    resetAccount(account)
    execFileSync('sh', [
      '-c',
      'cd "$1" && rm -rf nginx sites backups platforms',
      'sh',
      account.home,
    ])
    const platforms = path.join(account.home, 'platforms')
    cpSync(TEMPLATE, path.join(platforms, 'plain'), { recursive: true })
    execFileSync('chown', ['-R', `${account.uid}:${account.uid}`, platforms])
    const sshd = await startSshd({ accounts: [account] })
    const data = aDataFolder()
    await endFirstRun(data)
    const headless = new Headless(installation, data)
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const tab = await Tab.open(context, await headless.address())
    const webPort = await freePort()
    const calls = await headless.calls()
    await bearAnyLoad(data, calls)
    return new Journey({ account, webPort, sshd, tab, calls, headless, data })
  }

  /** Adds the server and a platform, and installs sites on it, without the interface; resolves when all is done. */
  async settle(sites: readonly string[]): Promise<{ platformId: string }> {
    await this.calls.backend.trustHostKey(this.sshd.hostKey)
    const { server } = await this.calls.server.add({
      title: 'web1',
      backend: { address: addressOf(this.sshd, this.account) },
      services: { http: { type: 'nginx', port: this.webPort, restartCommand: null } },
    })
    await this.untilQuiet()
    const { platform } = await this.calls.platform.add({
      title: 'Plain',
      serverId: server.id,
      root: path.join(this.account.home, 'platforms/plain'),
      source: { type: 'folder' },
    })
    await this.untilQuiet()
    for (const name of sites) await this.calls.site.add({ name, platformId: platform.id })
    await this.untilQuiet()
    return { platformId: platform.id }
  }

  /** Resolves when no task waits or runs. */
  async untilQuiet(): Promise<void> {
    await eventually(
      async () => {
        const { running, queued } = await this.calls.app.dispatchState()
        if (running + queued > 0) throw new Error(`${running} run and ${queued} wait`)
      },
      { timeoutMs: PATIENCE_MS },
    )
  }

  /** Whether the account may write its backups. */
  mayWriteBackups(may: boolean): void {
    const folder = path.join(this.account.home, 'backups')
    chmodSync(folder, may ? 0o700 : 0o500)
  }

  async end(): Promise<void> {
    await this.tab.page.context().close()
    await this.#headless.stop()
    await stopNginx(this.account.home)
    await this.sshd.stop()
    removeFolder(this.#data)
  }
}
