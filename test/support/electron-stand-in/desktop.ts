import { fork, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import type { Page } from 'playwright-core'
import type { ControlRequest, Look } from './control.ts'

const REGISTER = path.join(import.meta.dirname, 'register.ts')

/** The desktop application, started on the stand-in in a process of its own; the test's side. The test ends it. */
export class StandInDesktop {
  readonly #child: ChildProcess
  readonly #answers = new Map<number, (answer: { result?: unknown; error?: string }) => void>()
  #nextId = 1
  output = ''
  /** The exit code, or the signal's name. */
  readonly exited: Promise<number | string>

  constructor(
    mainFile: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#child = fork(mainFile, [...args], {
      env: { ...process.env, ...env },
      execArgv: ['--import', REGISTER],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const collect = (text: Buffer): void => void (this.output += text.toString())
    this.#child.stdout?.on('data', collect)
    this.#child.stderr?.on('data', collect)
    this.#child.on('message', (message: { id: number; result?: unknown; error?: string }) =>
      this.#answers.get(message.id)?.(message),
    )
    this.exited = new Promise((resolve) =>
      this.#child.on('exit', (code, signal) => {
        for (const answer of this.#answers.values()) answer({ error: `ended: ${this.output}` })
        resolve(code ?? signal ?? -1)
      }),
    )
  }

  look(): Promise<Look> {
    return this.#ask({ do: 'look' }) as Promise<Look>
  }

  clickMenu(label: string): Promise<unknown> {
    return this.#ask({ do: 'click-menu', label })
  }

  clickAppMenu(label: string): Promise<unknown> {
    return this.#ask({ do: 'click-app-menu', label })
  }

  clickNotification(title: string): Promise<unknown> {
    return this.#ask({ do: 'click-notification', title })
  }

  /** Whether the person looks at the window. */
  setInFront(isInFront: boolean): Promise<unknown> {
    return this.#ask({ do: 'set-in-front', isInFront })
  }

  setBounds(bounds: { x: number; y: number; width: number; height: number }): Promise<unknown> {
    return this.#ask({ do: 'set-bounds', bounds })
  }

  /** What the person answers from now on when asked for a file. */
  chooseFile(file: string | undefined): Promise<unknown> {
    return this.#ask({ do: 'choose-file', file })
  }

  openUrl(url: string): Promise<unknown> {
    return this.#ask({ do: 'open-url', url })
  }

  clickTray(): Promise<unknown> {
    return this.#ask({ do: 'click-tray' })
  }

  closeWindow(): Promise<unknown> {
    return this.#ask({ do: 'close-window' })
  }

  answerDialog(button: number): Promise<unknown> {
    return this.#ask({ do: 'answer-dialog', button })
  }

  /** Runs a function with the window's page. It crosses as text: it uses nothing from around it. */
  onPage<Result>(run: (page: Page) => Promise<Result>): Promise<Result> {
    return this.#ask({ do: 'page', code: run.toString() }) as Promise<Result>
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Ends it for certain; for after a test. */
  async dispose(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }

  #ask(request: ControlRequest): Promise<unknown> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ result, error }) => {
        this.#answers.delete(id)
        if (error === undefined) resolve(result)
        else reject(new Error(error))
      })
      this.#child.send({ id, request }, (error) => {
        if (error) this.#answers.get(id)?.({ error: `not running: ${this.output}` })
      })
    })
  }
}
