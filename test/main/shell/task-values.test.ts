import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Form } from '#shared/domain/form.ts'
import { secretsOf, valuesOf } from '../../../main/shell/dispatch/commands/task-values.ts'
import { SecretInput } from '../../../main/shell/dispatch/secret-input.ts'

const choices = ['small', 'large'].map((value) => ({ value, label: value.toUpperCase() }))
const FORM: Form = {
  fields: [
    { name: 'description', type: 'text', label: 'Description' },
    { name: 'count', type: 'number', label: 'Count' },
    { name: 'force', type: 'checkbox', label: 'Force' },
    { name: 'size', type: 'select', label: 'Size', choices },
    { name: 'shape', type: 'radios', label: 'Shape', choices, default: 'small' },
    { name: 'parts', type: 'checkboxes', label: 'Parts', choices },
    { name: 'platformId', type: 'object', label: 'Platform', objectKind: 'platform' },
    { name: 'backup', type: 'backup', label: 'Backup' },
    { name: 'backups', type: 'backups', label: 'Backups' },
    { name: 'key', type: 'password', label: 'Key', isRequired: true },
    {
      name: 'why',
      type: 'text',
      label: 'Why',
      visibleWhen: { field: 'shape', is: 'large' },
    },
  ],
}
const IDS: Record<string, string[]> = {
  '@platform_shop': ['p1'],
  'Twice there': ['p1', 'p2'],
  'a.tar.gz': ['b1'],
  'b.tar.gz': ['b2'],
}
const named = {
  objects: (_kind: string, typed: string) => Promise.resolve(IDS[typed] ?? []),
  backups: (typed: string) => Promise.resolve(IDS[typed] ?? []),
}
const read = (...words: string[]) => valuesOf(FORM, words, named)

describe('words of a command line become what the fields of the form hold', () => {
  test.each([
    ['description=before the update', { description: 'before the update' }],
    ['description=a=b', { description: 'a=b' }],
    ['description=', { description: null }],
    ['count=-12.5', { count: -12.5 }],
    ['force=yes', { force: true }],
    ['force=true', { force: true }],
    ['force=no', { force: false }],
    ['size=large', { size: 'large' }],
    ['size=LARGE', { size: 'large' }],
    ['parts=small, large', { parts: ['small', 'large'] }],
    ['platformId=@platform_shop', { platformId: 'p1' }],
    ['backup=b.tar.gz', { backup: 'b2' }],
    ['backups=a.tar.gz,b.tar.gz', { backups: ['b1', 'b2'] }],
  ])('%s', async (word, values) => {
    expect(await read(word)).toEqual(values)
  })

  test('a field that another one shows can be given with that one', async () => {
    expect(await read('shape=large', 'why=so')).toEqual({ shape: 'large', why: 'so' })
  })
})

describe('refused, saying which word it is', () => {
  test.each([
    ['no pair', ['florp'], 'florp'],
    ['a pair without a name', ['=1'], '=1'],
    ['a field that the form does not have', ['colour=red'], 'colour'],
    ['a field of every object', ['__proto__=x'], '__proto__'],
    ['a field given twice', ['count=1', 'count=2'], 'count'],
    ['a field that is not asked for', ['why=so'], 'why'],
    ['a number that is none', ['count=1e999'], '1e999'],
    ['neither yes nor no', ['force=maybe'], 'force'],
    ['a choice that there is not', ['size=huge'], 'small, large'],
    ['one such choice of several', ['parts=small,huge'], 'huge'],
    ['an object that there is not', ['platformId=@gone'], '@gone'],
    ['a title that two have', ['platformId=Twice there'], 'by its id'],
    ['a backup that there is not', ['backups=a.tar.gz,gone'], 'gone'],
    ['a password', ['key=hunter2'], '--password-stdin'],
  ])('%s', async (_what, words, said) => {
    const refusal = await read(...words).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'input.invalid' })
    expect((refusal as Error).message).toContain(said)
    expect((refusal as Error).message).not.toContain('hunter2')
  })
})

describe('passwords', () => {
  test('are lines of the standard input', async () => {
    const input = new SecretInput(Readable.from(['first one\nsecond\n']), () => undefined)
    expect(await secretsOf(FORM, {}, () => input.nextLine())).toEqual({ key: 'first one' })
    expect(await input.nextLine()).toBe('second')
    expect(await input.nextLine()).toBeUndefined()
  })

  test('that are needed are said to be, where there is neither a terminal nor a line', async () => {
    const input = new SecretInput(Readable.from([]), () => undefined)
    const { signal } = new AbortController()
    await expect(secretsOf(FORM, {}, (label) => input.ask(label, signal))).rejects.toMatchObject({
      code: 'input.invalid',
    })
  })
})
