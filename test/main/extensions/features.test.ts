import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Features, type FeatureSwitch } from '../../../main/extensions/features.ts'
import type { Feature } from '../../../main/hooks/feature.ts'
import { aDataFolder, removeFolder } from '../../support/desk.ts'

const aFeature = (name: string, facts: Partial<Feature> = {}): Feature => ({
  name,
  title: `The ${name}`,
  ...facts,
})
const verify = {
  type: 'verify',
  objectKind: 'site' as const,
  title: 'Verify',
  description: '',
  weight: 0,
  savesContext: true,
  refusal: () => null,
}

let folder: string
let switches: Map<string, FeatureSwitch>
beforeEach(() => {
  folder = aDataFolder()
  switches = new Map()
})
afterEach(() => removeFolder(folder))

const shipped = [
  aFeature('base', { isRequired: true, taskTypes: [verify] }),
  aFeature('extra', { requires: ['base'] }),
  aFeature('more', { requires: ['extra'] }),
]

const open = (place = folder) =>
  Features.open({
    shipped,
    folder: place,
    switches: {
      read: (name) => switches.get(name),
      write: async (name, value) => void switches.set(name, await Promise.resolve(value)),
    },
    onProblem: () => undefined,
  })

function put(name: string, text: string, file = 'index.mjs'): void {
  const target = path.join(folder, name, file)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, text)
}
const exporting = (name: string, more = ''): string =>
  `export default { name: '${name}', title: 'Mine: ${name}', ${more} }`

const inForce = (features: Features): string[] => features.registry.features.map(({ name }) => name)
const stateOf = (features: Features, name: string) =>
  features.list([]).find((row) => row.name === name)?.state
const switchOn = (features: Features, name: string): Promise<void> =>
  features.switch(name, { isOn: true, understood: true })

describe('switching what ships', () => {
  test('off, a feature is out of force at once, and so is what requires it, which says why', async () => {
    const features = await open()
    await features.switch('extra', { isOn: false, understood: false })
    expect(inForce(features)).toEqual(['base'])
    expect(stateOf(features, 'extra')).toEqual({ state: 'off' })
    expect(stateOf(features, 'more')).toEqual({ state: 'held', missing: ['The extra'] })
    expect(features.list([]).find(({ name }) => name === 'extra')?.neededBy).toEqual(['The more'])
    await features.switch('extra', { isOn: true, understood: false })
    expect(inForce(features)).toEqual(['base', 'extra', 'more'])
  })

  test('what was switched stays so when the application is opened again', async () => {
    await (await open()).switch('more', { isOn: false, understood: false })
    expect(inForce(await open())).toEqual(['base', 'extra'])
  })

  test('a required feature stays on, and an unknown one is refused', async () => {
    const features = await open()
    const off = { isOn: false, understood: false }
    await expect(features.switch('base', off)).rejects.toMatchObject({ code: 'feature.required' })
    await expect(features.switch('gone', off)).rejects.toMatchObject({ code: 'feature.unknown' })
    expect(inForce(features)).toContain('base')
  })

  test('a switch that cannot be stored changes nothing', async () => {
    const features = await Features.open({
      shipped,
      folder,
      switches: {
        read: (name) => switches.get(name),
        write: () => Promise.reject(new Error('the disk is full')),
      },
      onProblem: () => undefined,
    })
    await expect(features.switch('extra', { isOn: false, understood: false })).rejects.toThrow(
      'full',
    )
    expect(inForce(features)).toContain('extra')
  })
})

describe('an extension', () => {
  test('is not run before it is switched on, and that only once its warning was understood', async () => {
    put('mine', `globalThis.extensionsRun = 1; ${exporting('mine')}`)
    const features = await open()
    expect(stateOf(features, 'mine')).toEqual({ state: 'off' })
    await expect(features.switch('mine', { isOn: true, understood: false })).rejects.toMatchObject({
      code: 'extension.not-understood',
    })
    expect(globalThis).not.toHaveProperty('extensionsRun')
    await switchOn(features, 'mine')
    expect(globalThis).toHaveProperty('extensionsRun')
    expect(features.list([]).find(({ name }) => name === 'mine')).toMatchObject({
      title: 'Mine: mine',
      state: { state: 'on' },
      extension: { isUnderstood: true },
    })
  })

  test('switched off it is gone; on again, nobody is asked twice', async () => {
    put('mine', exporting('mine'))
    const features = await open()
    await switchOn(features, 'mine')
    await features.switch('mine', { isOn: false, understood: false })
    expect(inForce(features)).not.toContain('mine')
    await features.switch('mine', { isOn: true, understood: false })
    expect(inForce(features)).toContain('mine')
  })

  test('that was switched on is there after the next start', async () => {
    put('mine', exporting('mine'))
    await switchOn(await open(), 'mine')
    expect(inForce(await open())).toContain('mine')
  })

  test('is found while the application runs, loaded anew when it changed, and gone with its folder', async () => {
    const features = await open()
    put('late', exporting('late'))
    await features.lookAgain()
    await switchOn(features, 'late')
    put('late', exporting('late', "description: 'second'"))
    await features.lookAgain()
    expect(features.list([]).find(({ name }) => name === 'late')?.description).toBe('second')
    rmSync(path.join(folder, 'late'), { recursive: true })
    await features.lookAgain()
    expect(inForce(features)).not.toContain('late')
    expect(stateOf(features, 'late')).toBeUndefined()
  })

  test('that requires another is held until that one is on', async () => {
    put('a-second', exporting('a-second', "requires: ['first']"))
    put('first', exporting('first'))
    const features = await open()
    await switchOn(features, 'a-second')
    expect(stateOf(features, 'a-second')).toEqual({ state: 'held', missing: ['first'] })
    await switchOn(features, 'first')
    expect(inForce(features)).toEqual(['base', 'extra', 'more', 'first', 'a-second'])
  })

  test('gives its server half only while it is in force', async () => {
    put('mine', exporting('mine'))
    put('mine', 'export default () => ({})', 'backend/main.mjs')
    put('mine', 'not for the server', 'backend/notes.txt')
    const features = await open()
    expect(features.serverHalves()).toEqual([])
    await switchOn(features, 'mine')
    expect(features.serverHalves()).toMatchObject([{ name: 'mine', files: [{ name: 'main.mjs' }] }])
    await features.switch('mine', { isOn: false, understood: false })
    expect(features.serverHalves()).toEqual([])
  })
})

describe('a broken extension is named and stops nothing:', () => {
  const broken: [string, string, RegExp][] = [
    ['a text that is no JavaScript', 'export default {', /./],
    ['a module that throws', "throw new Error('not today')", /not today/],
    ['no default export', 'export const feature = {}', /default export/],
    ['an export that is no object', 'export default 7', /object/i],
    ['null', 'export default null', /./],
    ['another name than its folder', exporting('other'), /must be the same/],
    ['a hook that is no function', exporting('broken', "afterTask: 'later'"), /afterTask/],
    ['a misspelt hook', exporting('broken', 'afterTasks() {}'), /afterTasks/],
    ['a task type without a refusal', exporting('broken', "taskTypes: [{ type: 'x' }]"), /refusal/],
    [
      'a task type that ships',
      exporting(
        'broken',
        "taskTypes: [{ type: 'verify', objectKind: 'site', title: 'V', description: '', weight: 0, savesContext: true, refusal: () => null }]",
      ),
      /declares the task verify of a site, which The base declares already/,
    ],
    ['what says that it is required', exporting('broken', 'isRequired: true'), /switched off/],
    [
      'a getter that throws',
      "export default { name: 'broken', get title() { throw new Error('boo') } }",
      /boo/,
    ],
    [
      'a proxy that throws',
      "export default new Proxy({}, { ownKeys() { throw new Error('boo') }, get() { throw new Error('boo') } })",
      /boo/,
    ],
    [
      'a title with two lines and a bell',
      "export default { name: 'broken', title: 'one\\u0007\\ntwo' }",
      /title/,
    ],
  ]
  test.each(broken)('%s', async (_, text, expected) => {
    put('broken', text)
    put('good', exporting('good'))
    const features = await open()
    await switchOn(features, 'good')
    await switchOn(features, 'broken').catch((error: unknown) =>
      expect(error).toMatchObject({ code: 'extension.broken' }),
    )
    switches.set('broken', { isOn: true, isUnderstood: true })
    const again = await open()
    expect(inForce(again)).toEqual(['base', 'extra', 'more', 'good'])
    const state = stateOf(again, 'broken')
    expect(state).toMatchObject({
      state: 'broken',
      problem: expect.stringMatching(expected) as string,
    })
  })

  test('a folder without index.mjs, with a bad name, or with the name of what ships', async () => {
    put('empty', '', 'readme.txt')
    put('Bad Name', exporting('bad'))
    put('base', exporting('base'))
    const features = await open()
    for (const name of ['empty', 'Bad Name', 'extensions/base'])
      expect(stateOf(features, name), name).toMatchObject({ state: 'broken' })
    expect(stateOf(features, 'base')).toEqual({ state: 'on' })
  })

  test('a pipe in the place of a file, too much for servers, or no folder at all', async () => {
    put('piped', '', 'readme.txt')
    execFileSync('mkfifo', [path.join(folder, 'piped/index.mjs')])
    put('heavy', exporting('heavy'))
    put('heavy', ' '.repeat(2 * 1024 * 1024), 'backend/heavy.mjs')
    const features = await open()
    expect(stateOf(features, 'piped')).toMatchObject({ state: 'broken' })
    expect(stateOf(features, 'heavy')).toMatchObject({
      state: 'broken',
      problem: expect.stringContaining('1024 KiB') as string,
    })
    const file = path.join(folder, 'extensions')
    writeFileSync(file, 'in the way')
    const others = await open(file)
    expect(inForce(others)).toEqual(['base', 'extra', 'more'])
    expect(stateOf(others, 'extensions')).toMatchObject({ state: 'broken' })
  })

  test('one that requires what is not there, and two that require each other', async () => {
    put('alone', exporting('alone', "requires: ['nowhere']"))
    put('one', exporting('one', "requires: ['two']"))
    put('two', exporting('two', "requires: ['one']"))
    const features = await open()
    for (const name of ['alone', 'one', 'two']) await switchOn(features, name)
    expect(inForce(features)).toEqual(['base', 'extra', 'more'])
    expect(stateOf(features, 'alone')).toEqual({ state: 'held', missing: ['nowhere'] })
    expect(stateOf(features, 'one')).toEqual({ state: 'held', missing: ['two'] })
  })
})
