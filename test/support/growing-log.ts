import type { Browser, Page } from 'playwright-core'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { Tab } from './browser.ts'
import { addServer, addServerOn, logOf, resetAccount, untilEnded } from './desk.ts'
import { endFirstRun } from './first-run.ts'
import { Headless, type Installation } from './headless.ts'
import { ensureSandboxAccount, startSshd, type Sshd } from './sshd.ts'

export interface Growth {
  /** Numbered from 0. */
  lines: number
  linesPerSecond: number
}

interface Parts {
  calls: DeskClient
  headless: Headless
  sshd: Sshd
  taskId: string
}

/**
 * A task whose log grows as fast as one wishes, with its page in front: the counting program behind a real sshd, the
 * built application, and a browser.
 */
export class GrowingLog {
  readonly tab: Tab
  readonly growth: Growth
  readonly #parts: Parts

  private constructor(tab: Tab, growth: Growth, parts: Parts) {
    this.tab = tab
    this.growth = growth
    this.#parts = parts
  }

  /** Resolves when its first lines are shown. The installation is one that counts. */
  static async begin(
    { installation, browser, data }: { installation: Installation; browser: Browser; data: string },
    growth: Growth,
  ): Promise<GrowingLog> {
    const account = ensureSandboxAccount('hdtest2')
    resetAccount(account)
    await endFirstRun(data)
    const sshd = await startSshd({ accounts: [account] })
    const headless = new Headless(installation, data)
    const calls = await headless.calls()
    const { backendId, taskId: first } = await addServer(calls, sshd, account)
    await untilEnded(calls, first)
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const tab = await Tab.open(context, await headless.address())
    const wish = `lines=${growth.lines} rate=${growth.linesPerSecond}`
    const { taskId } = await addServerOn(calls, backendId, 'Chatty', wish)
    await tab.page.evaluate((id) => (location.hash = `/tasks/${id}`), taskId)
    await tab.page.getByRole('log').getByText('line ').first().waitFor()
    return new GrowingLog(tab, growth, { calls, headless, sshd, taskId })
  }

  get page(): Page {
    return this.tab.page
  }

  /** The number of the last line on the page. */
  lastShown(): Promise<number> {
    return this.page.evaluate(() => {
      const text = document.querySelector('[role=log]')?.textContent ?? ''
      return Number([...text.matchAll(/line (\d+)/g)].at(-1)?.[1] ?? -1)
    })
  }

  /** Milliseconds from a key, as the browser got it, until the frame after it is drawn. */
  async keyToFrame(key: string): Promise<number> {
    const drawn = this.page.evaluate(untilDrawn)
    await this.page.evaluate(() => undefined) // The page listens by now.
    await this.page.keyboard.press(key)
    return drawn
  }

  /** The instant at which the last line is on the page. */
  async untilAllShown(): Promise<number> {
    const text = `line ${this.growth.lines - 1}`
    const shown = await this.page.waitForFunction(
      (last) =>
        document.querySelector('[role=log]')?.textContent.includes(last) === true &&
        performance.timeOrigin + performance.now(),
      text,
      { polling: 'raf', timeout: 120_000 },
    )
    return Number(await shown.jsonValue())
  }

  /** All lines of the log, as main has them once the task has ended. */
  async linesInMain() {
    const { calls, taskId } = this.#parts
    return logOf(calls, await untilEnded(calls, taskId, 60_000))
  }

  async end(): Promise<void> {
    await this.page.context().close()
    await this.#parts.headless.stop()
    await this.#parts.sshd.stop()
  }
}

/** Runs in the page. */
function untilDrawn(): Promise<number> {
  return new Promise((resolve) => {
    const onKey = (event: KeyboardEvent): void =>
      void requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => resolve(performance.now() - event.timeStamp)
        port2.postMessage(undefined)
      })
    document.addEventListener('keydown', onKey, { once: true, capture: true })
  })
}
