import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { removeDemoOf } from '../demo.ts'
import { eventually } from '../eventually.ts'
import type { Look } from './control.ts'
import { StandInDesktop } from './desktop.ts'

/** Desktops over one data folder, all ended and everything taken away with it. */
export class DesktopFixture {
  readonly data: string
  readonly #mainFile: string
  readonly #started: StandInDesktop[] = []

  private constructor(mainFile: string, data: string) {
    this.#mainFile = mainFile
    this.data = data
  }

  static async open(mainFile: string): Promise<DesktopFixture> {
    return new DesktopFixture(mainFile, await mkdtemp(path.join(os.tmpdir(), 'desk-desktop-')))
  }

  start(...args: string[]): StandInDesktop {
    // What is started at login is the machine's own, and no business of a test's.
    const env = { XDG_CONFIG_HOME: path.join(this.data, 'config') }
    const desktop = new StandInDesktop(this.#mainFile, ['--data', this.data, ...args], env)
    this.#started.push(desktop)
    return desktop
  }

  async close(): Promise<void> {
    for (const desktop of this.#started.splice(0)) await desktop.dispose()
    await removeDemoOf(this.data)
    await rm(this.data, { recursive: true, force: true })
  }
}

/** What is seen once `isSo` does not throw; a tray with a menu at the least. */
export const untilSeen = (
  desktop: StandInDesktop,
  isSo: (look: Look) => void = () => {},
): Promise<Look> =>
  eventually(
    async () => {
      const look = await desktop.look()
      expect(look.tray?.labels.length).toBeGreaterThan(0)
      isSo(look)
      return look
    },
    { timeoutMs: 30_000 },
  )
