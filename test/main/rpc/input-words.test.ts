import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { contract } from '#shared/contract/index.ts'
import { type DeskClient, toDeskFailure } from '../../../main/shell/dispatch/desk.ts'
import { aDataFolder, openDeskAt, removeFolder } from '../../support/desk.ts'

/** Every schema of an input in the contract, by the name of its call. */
function inputsOf(part: object, name: string): [string, z.ZodType][] {
  if ('~orpc' in part) {
    const { inputSchema } = part['~orpc'] as { inputSchema?: z.ZodType }
    return inputSchema === undefined ? [] : [[name, inputSchema]]
  }
  return Object.entries(part).flatMap(([key, below]) =>
    inputsOf(below as object, name === '' ? key : `${name}.${key}`),
  )
}

const WRONG = [
  undefined,
  null,
  7,
  -1.5,
  1e300,
  true,
  '',
  'x'.repeat(200_000),
  [],
  [7],
  {},
  { a: 7 },
]

/** Values of the wrong kind as a whole, and at each field. */
function wrongFor(schema: z.ZodType): unknown[] {
  const fields = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  return [...WRONG, ...fields.flatMap((field) => WRONG.map((value) => ({ [field]: value })))]
}

/** How zod begins what it says by itself, in English. */
const OF_ZOD = /^(Invalid|Too (big|small)|Unrecognized|Expected|Required)\b|expected|received/

describe('what is said of an input that is none', () => {
  test('is in our own words, at each field of each call', () => {
    const inputs = inputsOf(contract, '')
    expect(inputs.length).toBeGreaterThan(50)
    const said = inputs.flatMap(([name, schema]) =>
      wrongFor(schema).flatMap((value) =>
        (schema.safeParse(value).error?.issues ?? []).map(
          ({ path, message }) => `${name} ${path.join('.')}: ${message}`,
        ),
      ),
    )
    expect(said.length).toBeGreaterThan(1000)
    expect(said.filter((line) => OF_ZOD.test(line.slice(line.indexOf(': ') + 2)))).toEqual([])
    expect(said.filter((line) => /undefined|null\b.*null|\[object|\.\.$/.test(line))).toEqual([])
  })

  test.each<[string, (calls: DeskClient) => Promise<unknown>, Record<string, string>]>([
    [
      'a number for a text, and nothing for an id',
      (calls) => calls.site.add({ name: 7 } as never),
      { name: 'This must be a text.', platformId: 'This is missing.' },
    ],
    [
      'a text for a number, below',
      (calls) => calls.task.list({ limit: 'many' } as never),
      { limit: 'This must be a number.' },
    ],
    [
      'too much',
      (calls) => calls.task.list({ limit: 5000 }),
      { limit: 'This must be at most 1000.' },
    ],
    [
      'what is no choice',
      (calls) => calls.site.list({ status: 'lost' } as never),
      { status: 'This must be "queued", "enabled", "disabled" or "deleted".' },
    ],
    [
      'a path of two lines',
      (calls) => calls.platform.add({ title: 'x', serverId: '', root: '/srv/a\nb' }),
      {
        root: 'A path is one line of plain text: no line breaks, tabs or other control characters.',
        serverId: 'This is not written as it must be.',
      },
    ],
  ])('names what is wrong: %s', async (_what, call, problems) => {
    const folder = aDataFolder()
    onTestFinished(() => removeFolder(folder))
    const { app, calls } = await openDeskAt(folder)
    onTestFinished(() => app.close())
    const failure = await call(calls).then(() => undefined, toDeskFailure)
    expect(failure?.code).toBe('input.invalid')
    expect(failure?.data['problems']).toEqual(problems)
  })
})
