import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import {
  addServer,
  aDataFolder,
  openDeskAt,
  removeFolder,
  resetAccount,
  timesRun,
  untilEndedAs,
} from './desk.ts'
import { CommandLine, Headless, installBuilt, type Installation } from './headless.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from './sshd.ts'

export const CONTEXT = 'server_web1'

/** The built command line before a real sshd with the counting program; each test has a data folder of its own. */
export class CommandLines {
  readonly #account = ensureSandboxAccount('hdtest2')
  readonly #running: (Headless | CommandLine)[] = []
  #installation: Installation | undefined
  #sshd: Sshd | undefined
  data = ''

  constructor() {
    beforeAll(async () => {
      this.#installation = await installBuilt({ isCounting: true })
      this.#sshd = await startSshd({ accounts: [this.#account] })
    }, 120_000)
    afterAll(async () => {
      await this.#sshd?.stop()
      this.#installation?.remove()
    })
    beforeEach(() => {
      resetAccount(this.#account)
      this.data = aDataFolder()
    })
    afterEach(async () => {
      await Promise.all(this.#running.splice(0).map((one) => one.kill()))
      removeFolder(this.data)
    })
  }

  typeWith = (args: readonly string[], env: Readonly<Record<string, string>> = {}): CommandLine => {
    const command = new CommandLine(this.built, args, env)
    this.#running.push(command)
    return command
  }

  /** Starts a command on the data folder. */
  type = (...args: string[]): CommandLine => this.typeWith([...args, '--data', this.data])

  run = (...args: string[]) => this.type(...args).ended()

  /** What a command answers as JSON; it has to succeed. */
  answer = async (...args: string[]): Promise<unknown> => {
    const { code, out, err } = await this.run(...args, '--json')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    return JSON.parse(out)
  }

  startHeadless = (folder = this.data, port: number | string = 0): Headless => {
    const headless = new Headless(this.built, folder, port)
    this.#running.push(headless)
    return headless
  }

  /** Puts one server into the data folder whose verify waits; nothing of it has run. */
  aWaitingServer = async (wish = 'lines=5'): Promise<void> => {
    if (this.#sshd === undefined) throw new Error('No sshd runs.')
    const { app, calls } = await openDeskAt(this.data)
    await app.pauseDispatch()
    await addServer(calls, this.#sshd, this.#account, { wish })
    await app.close()
    await this.setPaused(false)
  }

  /** Puts a server, two platforms and an installed site into the data folder. */
  aSite = async (name: string): Promise<void> => {
    if (this.#sshd === undefined) throw new Error('No sshd runs.')
    const { app, calls } = await openDeskAt(this.data)
    const { serverId, taskId } = await addServer(calls, this.#sshd, this.#account)
    await untilEndedAs(calls, taskId)
    for (const title of ['first', 'second']) {
      const added = await calls.platform.add({ title, serverId, root: `/srv/${title}` })
      await untilEndedAs(calls, added.task.id)
    }
    const { items } = await calls.platform.list({})
    const platformId = items.find(({ title }) => title === 'first')?.id ?? ''
    const { task } = await calls.site.add({ name, platformId })
    await untilEndedAs(calls, task.id)
    await app.close()
  }

  setPaused = async (isPaused: boolean): Promise<void> => {
    const { app } = await openDeskAt(this.data, { shell: 'command-line' })
    await (isPaused ? app.pauseDispatch() : app.resumeDispatch())
    await app.close()
  }

  /** How often the server's verify has run. */
  timesRun = (): number => timesRun(this.#account, CONTEXT)

  get user(): string {
    return this.#account.user
  }

  get built(): Installation {
    if (this.#installation === undefined) throw new Error('Nothing is installed.')
    return this.#installation
  }
}
