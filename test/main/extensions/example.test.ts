import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { findExtensions } from '../../../main/extensions/found-extension.ts'
import { loadExtension } from '../../../main/extensions/load-extension.ts'
import type { Feature } from '../../../main/hooks/feature.ts'
import { REFERENCE, renderReference } from '../../../tools/extending-reference.ts'

const ROOT = path.join(import.meta.dirname, '../../..')
const FOLDER = path.join(ROOT, 'docs/extending')

async function loadExample(): Promise<Feature> {
  const found = (await findExtensions(FOLDER)).find(({ name }) => name === 'example')
  if (found === undefined) throw new Error('The example is not there.')
  return loadExtension({ ...found, name: 'notice-board' })
}

describe('the documented example', () => {
  test('compiles against the published types', { timeout: 120_000 }, async () => {
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc')
    const compiled = promisify(execFile)(process.execPath, [
      tsc,
      '-p',
      path.join(FOLDER, 'example'),
    ]).catch((error: { stdout: string }) => error)
    expect((await compiled).stdout).toBe('')
  })

  test('is a feature with a task and a form, a service, a queue, and an alter of each kind', async () => {
    const feature = await loadExample()
    expect(feature.taskTypes?.[0]?.form?.fields.length).toBeGreaterThan(2)
    expect(feature.services).toHaveLength(1)
    expect(feature.queues).toHaveLength(1)
    const hooks = ['changeTaskTypes', 'changeQueues', 'changePlannedQueues', 'changeNextTasks']
    expect(Object.keys(feature)).toEqual(expect.arrayContaining([...hooks, 'contextOptions']))
  })
})

test('the reference of the types is what the source says', { timeout: 60_000 }, async () => {
  // Where this fails, `npm run reference` writes it anew.
  expect(readFileSync(REFERENCE, 'utf8')).toBe(await renderReference())
})

describe('the guide', () => {
  const guide = readFileSync(path.join(FOLDER, 'README.md'), 'utf8')
  const keysOf = (file: string, name: string): string[] => {
    const text = readFileSync(path.join(ROOT, file), 'utf8')
    const body =
      new RegExp(`export interface ${name}(?:<.*>)? \\{\\n([^]*?)\\n\\}`).exec(text)?.[1] ?? ''
    return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:]/gm)].map(([, key]) => key ?? '')
  }

  test.each([
    ['main/hooks/feature.ts', 'Feature'],
    ['main/hooks/feature.ts', 'TaskTypeDefinition'],
    ['main/hooks/feature.ts', 'ServiceTypeDefinition'],
    ['provision/extensions/server-half.ts', 'ServerHalf'],
    ['provision/extensions/server-half.ts', 'ServerDesk'],
    ['provision/extensions/server-half.ts', 'CommandRun'],
    ['provision/extensions/server-half.ts', 'CommandPlan'],
  ])('names every key of %s’s %s', (file, name) => {
    const keys = keysOf(file, name)
    expect(keys.length).toBeGreaterThan(2)
    expect(keys.filter((key) => !guide.includes(`\`${key}`))).toEqual([])
  })
})
