import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import type { Json, JsonRecord } from '#shared/domain/json.ts'
import boot from '../../provision/applications/php/wordpress/boot.php?raw'
import type { Context } from '../../provision/context/context.ts'
import { SlotDoor } from '../../provision/services/slots/door.ts'
import { slotOf } from '../../provision/services/slots/slot.ts'
import { machineFileOf, parseMachineFile } from '../../provision/system/machine-file.ts'
import { type HostingMachine, type MachineOptions, startHostingMachine } from './hosting-machine.ts'
import { fetchByHost } from './nginx.ts'
import { ANY_LOAD, listTree, type Ran } from './provision.ts'

const PLAIN = path.join(import.meta.dirname, '../fixtures/plain-php')

/** A prepared machine with a verified server, on which sites with code can stand. The caller closes it. */
export class CodeHarness {
  readonly machine: HostingMachine

  private constructor(machine: HostingMachine) {
    this.machine = machine
  }

  static async open(options: MachineOptions = {}): Promise<CodeHarness> {
    const harness = new CodeHarness(await startHostingMachine(options))
    await harness.save('server_a', {
      context_type: 'server',
      http_service_type: 'nginx',
      http_port: harness.machine.httpPort,
      critical_load_multiplier: ANY_LOAD,
    })
    await harness.succeed('verify', 'server_a')
    return harness
  }

  close(): Promise<void> {
    return this.machine.stop()
  }

  inHome(name: string): string {
    return path.join(this.machine.home, name)
  }

  /** Copies a folder of code to the account's platforms, as the account's own, and verifies it there. */
  async addPlatform(name: string, from = PLAIN, script = 'true'): Promise<Ran> {
    const folder = this.inHome(`platforms/${name}`)
    execFileSync('sh', [
      '-ec',
      `cp -rL "$1" "$2"; cd "$2"; ${script}\nchown -R "$3:$3" .`,
      'sh',
      from,
      folder,
      this.machine.account,
    ])
    return this.verifyPlatform(name, `~/platforms/${name}`)
  }

  async verifyPlatform(name: string, root: string): Promise<Ran> {
    await this.save(`platform_${name}`, { context_type: 'platform', server: '@server_a', root })
    return this.succeed('verify', `platform_${name}`)
  }

  async install(uri: string, platform: string, more: JsonRecord = {}): Promise<Ran> {
    await this.save(uri, { context_type: 'site', platform: `@platform_${platform}`, uri, ...more })
    return this.succeed('install', uri)
  }

  save(name: string, contextOptions: JsonRecord): Promise<Ran> {
    return this.machine.run(['provision-save', `@${name}`], { contextOptions })
  }

  command(name: string, context: string, ...args: string[]): Promise<Ran> {
    return this.machine.run([`provision-${name}`, `@${context}`, ...args])
  }

  async succeed(name: string, context: string, ...args: string[]): Promise<Ran> {
    const ran = await this.command(name, context, ...args)
    expect(ran.result.errorMessage).toBeNull()
    expect(ran.events.filter((one) => one.event === 'log' && one.level === 'error')).toEqual([])
    return ran
  }

  async fail(errorCode: string, name: string, context: string, ...args: string[]): Promise<Ran> {
    const ran = await this.command(name, context, ...args)
    expect(ran.result).toMatchObject({ isOk: false, errorCode })
    return ran
  }

  fetch(host: string, target = '/'): ReturnType<typeof fetchByHost> {
    const { httpPort } = this.machine
    return fetchByHost(httpPort, `${host}:${httpPort}`, target)
  }

  urlOf(host: string): string {
    return `http://${host}:${this.machine.httpPort}`
  }

  /** Runs PHP in a WordPress of ours that was booted in its slot; returns what it returns. */
  async php(uri: string, code: string): Promise<Json> {
    const context = JSON.parse(
      readFileSync(this.inHome(`.hosting-desk/contexts/${uri}.json`), 'utf8'),
    ) as Context
    const { slot = '', platform = '', url = '' } = context.options as Record<string, string>
    const root = JSON.parse(
      readFileSync(this.inHome(`.hosting-desk/contexts/${platform.slice(1)}.json`), 'utf8'),
    ) as Context
    const file = machineFileOf(this.machine.account)
    const machine = parseMachineFile(readFileSync(file, 'utf8'), file)
    const door = new SlotDoor(machine, slotOf(machine, slot))
    const input = {
      root: (root.options['root'] as string).replace(/^~/, this.machine.home),
      config: this.inHome(`slots/${slot}/${uri}/wp-config.php`),
      debianName: 'hosting-desk',
      url: { host: new URL(url).host, isHttps: false },
      isInstalling: false,
    }
    return door.evaluate(`${boot}\n${code}`, input, new AbortController().signal)
  }

  /** Everything that a command may change: files with content and rights, and databases with checksums. */
  state(): string[] {
    return [...listTree(this.machine.home, ''), ...this.databaseState()]
  }

  /** All databases of the slots, with the checksums of their tables. */
  databaseState(): string[] {
    return this.databases().flatMap((name) => [name, ...this.checksums(name)])
  }

  /** Whatever a command may leave only while it runs. */
  leftovers(): string[] {
    const left = /\.(removed|new|dump|partial|staging|restore|lock)[- ]|journals\/[^ ]/
    return this.state().filter((line) => left.test(line))
  }

  filesIn(name: string): string[] {
    return listTree(this.inHome(name), '')
  }

  /** Temporary files and sessions of a slot. */
  stateFilesOf(slot: string): string[] {
    const folder = `/var/lib/${this.machine.account}-slots/${slot}`
    return listTree(folder, '').filter((line) => !/^(tmp|sess)\/ /.test(line))
  }

  databases(): string[] {
    return this.machine
      .query('SHOW DATABASES')
      .split('\n')
      .filter((name) => name.startsWith(this.machine.account))
  }

  /** Processes of a slot's account, but for PHP's own idle workers and what is dead. */
  processesOf(slot: string): string[] {
    return execFileSync('sh', ['-c', `ps -o args= -u ${slot} || true`], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '' && !/^php-fpm: pool|^\[php-fpm|<defunct>$/.test(line))
  }

  checksums(name: string): string[] {
    const tables = this.machine
      .query(
        `SELECT table_name FROM information_schema.tables WHERE table_schema = '${name}' AND table_type = 'BASE TABLE'`,
      )
      .split('\n')
      .filter(Boolean)
    if (tables.length === 0) return []
    const names = tables.map((table) => `\`${name}\`.\`${table}\``)
    return this.machine
      .query(`CHECKSUM TABLE ${names.join(', ')}`)
      .trim()
      .split('\n')
  }
}
