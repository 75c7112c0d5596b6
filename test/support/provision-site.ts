import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { fetchByHost, stopNginx } from './nginx.ts'
import { ANY_LOAD, makeProvisionHome, type ProvisionHome, type Ran } from './provision.ts'

/** A home folder with a server on real nginx, two platforms, and one installed site. The caller closes it. */
export class SiteHarness {
  readonly site = 'www.example.test'
  readonly account: ProvisionHome
  readonly port: number

  private constructor(account: ProvisionHome, port: number) {
    this.account = account
    this.port = port
  }

  static async open(
    options: { user?: string; programFile?: string; service?: JsonRecord } = {},
  ): Promise<SiteHarness> {
    const harness = new SiteHarness(await makeProvisionHome(options), await freePort())
    const { account, port, site } = harness
    account.put('platforms/a/index.html', 'page of a')
    account.put('platforms/b/index.html', 'page of b')
    await account.save('server_a', {
      context_type: 'server',
      http_service_type: 'nginx',
      http_port: port,
      critical_load_multiplier: ANY_LOAD,
    })
    for (const name of ['a', 'b'])
      await account.save(`platform_${name}`, {
        context_type: 'platform',
        server: '@server_a',
        root: `~/platforms/${name}`,
      })
    await account.save(site, { context_type: 'site', platform: '@platform_a', uri: site })
    await harness.succeed('verify', 'server_a')
    for (const name of ['a', 'b']) await harness.succeed('verify', `platform_${name}`)
    await harness.succeed('install', site)
    return harness
  }

  /** Where the site answers by HTTP. */
  get url(): string {
    return `http://${this.site}:${this.port}`
  }

  async close(): Promise<void> {
    await stopNginx(this.account.home)
    this.account.remove()
  }

  inHome(...names: string[]): string {
    return path.join(this.account.home, ...names)
  }

  command(name: string, context: string, ...args: string[]): Promise<Ran> {
    return this.account.run([`provision-${name}`, `@${context}`, ...args])
  }

  async succeed(name: string, context: string, ...args: string[]): Promise<Ran> {
    const ran = await this.command(name, context, ...args)
    expect(ran.result.errorMessage).toBeNull()
    return ran
  }

  /** A backup of the site as it now is: its file. */
  async backUp(): Promise<string> {
    const { result } = await this.succeed('backup', this.site)
    return result.data['file'] as string
  }

  /** Runs a command that must fail, and expects the home folder to be as it was. */
  async expectTakenBack(errorCode: string, name: string, ...args: string[]): Promise<Ran> {
    const before = this.account.tree()
    const ran = await this.command(name, this.site, ...args)
    expect(ran.result).toMatchObject({ isOk: false, errorCode, contexts: [], removedContexts: [] })
    expect(this.account.tree()).toEqual(before)
    return ran
  }

  /** Kills a command of the site, by SIGKILL, when tar is called with `flag`; tar had not begun. */
  async kill(flag: string, name: string, ...args: string[]): Promise<void> {
    const text = `#!/bin/sh\ncase "$1" in ${flag}) echo $$ > "$HOME/begun"; exec sleep 60;; esac\nexec /bin/tar "$@"\n`
    this.account.put('bin/tar', text, 0o755)
    await this.#killBegun(name, args, { PATH: `${this.inHome('bin')}:/usr/bin:/bin` })
  }

  /** Kills a command of the site, by SIGKILL, in its first reload of the web server. */
  async killInReload(name: string, ...args: string[]): Promise<void> {
    const text = '#!/bin/sh\necho $$ > "$HOME/begun"\nexec sleep 60\n'
    const script = this.account.put('bin/reload', text, 0o755)
    await this.account.save('server_a', { http_restart_cmd: script })
    await this.#killBegun(name, args)
    // The way back calls it again.
    this.account.put('bin/reload', '#!/bin/sh\nexit 0\n', 0o755)
    await this.account.save('server_a', { http_restart_cmd: null })
  }

  async #killBegun(name: string, args: string[], env: Record<string, string> = {}): Promise<void> {
    const argv = [`provision-${name}`, `@${this.site}`, ...args]
    const { child, ended } = this.account.start(argv, {}, env)
    const helper = await eventually(() => parsePid(readFileSync(this.inHome('begun'), 'utf8')))
    for (const pid of [child.pid ?? 0, helper]) process.kill(pid, 'SIGKILL')
    await expect(ended).rejects.toThrow('not one result')
    rmSync(this.inHome('begun'))
  }

  /** What the web server answers to a host name. */
  fetch(host = this.site, target = '/'): ReturnType<typeof fetchByHost> {
    return fetchByHost(this.port, host, target)
  }

  /** Whatever a command may leave only while it runs. */
  leftovers(): string[] {
    return this.account
      .tree()
      .filter((line) => /\.(removed|new|partial|staging|restore|before|lock) ?/.test(line))
  }
}

function parsePid(text: string): number {
  const pid = Number(text)
  if (pid > 1) return pid
  throw new Error('no pid yet')
}
