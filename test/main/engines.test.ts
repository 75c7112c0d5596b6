import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { shippedFeatures } from '../../main/features/shipped.ts'

const MAIN = path.join(import.meta.dirname, '../../main')
const NAMES = new Set(
  shippedFeatures.flatMap(({ taskTypes = [], queues = [] }) => [
    ...taskTypes.map(({ type }) => type),
    ...queues.map(({ name }) => name),
  ]),
)
// Words of other things as well: a kind of row and of a form's field, and what a plan is made of.
NAMES.delete('backup')
NAMES.delete('tasks')

const filesIn = (folder: string): string[] =>
  readdirSync(path.join(MAIN, folder)).map((name) => path.join(MAIN, folder, name))

test.each(
  [...filesIn('task'), ...filesIn('queue')].map((file) => [path.relative(MAIN, file), file]),
)('%s is an engine: it names no task type and no queue', (_name, file) => {
  const quoted = [...readFileSync(file, 'utf8').matchAll(/['"`]([a-z][a-z-]*)['"`]/g)]
  expect(quoted.map(([, word]) => word ?? '').filter((word) => NAMES.has(word))).toEqual([])
})
