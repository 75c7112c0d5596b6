import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { extractFile, listPackage } from '@electron/asar'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { build } from '../../tools/build.ts'
import { DesktopFixture, untilSeen } from '../support/electron-stand-in/fixture.ts'
import { eventually } from '../support/eventually.ts'
import { PackagedApp } from '../support/packaging.ts'

let app: PackagedApp
let files: string[]

beforeAll(async () => {
  await build()
  app = await PackagedApp.make()
  files = listPackage(app.archive, { isPack: false })
}, 300_000)
afterAll(() => app.remove())

/** `/node_modules/@scope/name/…/node_modules/other/…` names two packages. */
const packagesOf = (file: string): string[] =>
  [...file.matchAll(/node_modules\/((?:@[^/]+\/)?[^/@][^/]*)/g)].flatMap(([, name]) => name ?? [])

async function readPackages(isDev: boolean): Promise<Set<string>> {
  const text = await readFile(path.resolve(import.meta.dirname, '../../package-lock.json'), 'utf8')
  const { packages } = JSON.parse(text) as { packages: Record<string, { dev?: boolean }> }
  const names = Object.entries(packages).filter(([, { dev = false }]) => dev === isDev)
  return new Set(names.flatMap(([place]) => packagesOf(place).at(-1) ?? []))
}

describe('the packaged application', () => {
  test('holds the bundle, its manifest, and nothing else of the project', () => {
    const places = new Set(files.map((file) => file.split('/')[1]))
    expect([...places].sort()).toEqual(['dist', 'node_modules', 'package.json'])
    const bundle = new Set(files.map((file) => /^\/dist\/([^/]+)/.exec(file)?.[1] ?? ''))
    expect([...bundle].sort()).toEqual(['', 'main', 'provision', 'renderer', 'templates'])
    expect(files).toContain('/dist/main/desktop.js')
    expect(files).toContain('/dist/main/preload.cjs')
    expect(files).toContain('/dist/provision/provision.mjs')
    expect(files).toContain('/node_modules/sql.js/dist/sql-wasm.wasm')
  })

  test('holds no source, no test and no native part', () => {
    const odd = files.filter(
      (file) =>
        /\.(ts|cts|mts|vue|map|node|c|cc|h)$/.test(file) || /\/(test|tests)(\/|$)/.test(file),
    )
    expect(odd).toEqual([])
  })

  test('holds production dependencies and no development dependency', async () => {
    const held = new Set(files.flatMap(packagesOf))
    const production = await readPackages(false)
    const development = await readPackages(true)
    expect([...held].filter((name) => !production.has(name))).toEqual([])
    expect([...development].filter((name) => held.has(name) && !production.has(name))).toEqual([])
    expect([...held]).toEqual(expect.arrayContaining(['node-ssh', 'ssh2', 'sql.js']))
    const manifest = extractFile(app.archive, 'package.json').toString()
    expect(JSON.parse(manifest)).not.toHaveProperty('devDependencies')
  })

  test('has its fuses set: Node for the command line, no inspection, no options, its own archive', async () => {
    expect(await app.fuses()).toMatchObject({
      runAsNode: true,
      nodeOptions: false,
      nodeInspect: false,
      asarIntegrity: true,
      onlyAsar: true,
    })
  })

  test('has a launcher for the command line: its own binary as Node, with the bundled command line', async () => {
    const called = await app.launch('task', 'list', '--data', 'a b')
    expect(called).toMatch(/^1 \/.*\/app\.asar\/dist\/main\/cli\.js task list --data a b$/)
  })

  test('starts: the window’s page opens, the tray shows, and a call is answered', async () => {
    const fixture = await DesktopFixture.open(await app.unpack())
    try {
      const desktop = fixture.start()
      await untilSeen(desktop, ({ tray, windows }) => {
        expect(tray).toMatchObject({ hasImage: true, toolTip: 'Hosting Desk: Nothing to do' })
        expect(windows[0]?.isShown).toBe(true)
      })
      const text = await eventually(() =>
        desktop.onPage(async (page) => {
          await page.getByRole('link', { name: 'Platforms' }).first().click({ timeout: 2000 })
          return page.getByText('Static site').first().textContent({ timeout: 2000 })
        }),
      )
      expect(text).toContain('Static site')
      await desktop.clickMenu('Quit')
      expect(await desktop.exited).toBe(0)
    } finally {
      await fixture.close()
    }
  })
})
