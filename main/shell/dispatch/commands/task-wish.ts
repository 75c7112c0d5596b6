import path from 'node:path'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { ObjectKind } from '#shared/domain/objects.ts'
import { AppError } from '#shared/errors.ts'
import type { CommandCall } from '../command-line.ts'
import type { OpenDesk } from '../desk.ts'
import { allRows, type Row } from './objects.ts'
import { secretsOf, valuesOf, type Named } from './task-values.ts'

const KINDS = ['server', 'platform', 'site'] as const

export interface FoundObject {
  kind: ObjectKind
  id: string
  backendId: string
}

/** The task that `task add OBJECT TYPE [NAME=TEXT …]` asks for; the object and the type may stand in either order. */
export async function readWish(
  call: CommandCall,
  desk: OpenDesk,
  words: readonly string[],
): Promise<{ object: FoundObject; type: string; values: JsonRecord }> {
  const [first = '', second = '', ...pairs] = words
  const [name, type] = (await isObjectFirst(desk, first, second))
    ? [first, second]
    : [second, first]
  const object = await findObject(desk, name)
  const offered = await desk.calls.task.offered({
    objectKind: object.kind,
    objectId: object.id,
    includesHidden: true,
  })
  const form = offered.find((one) => one.type === type)?.form
  if (form === undefined) {
    const types = offered.map((one) => one.type).join(', ')
    throw new AppError('input.invalid', `A ${object.kind} has no task “${type}”, but ${types}.`)
  }
  const values = await valuesOf(form, [...pairs, ...call.values], namedOf(desk, object))
  const { secrets: input, signal } = call.terminal
  const secrets = await secretsOf(form, values, (label) =>
    call.isPasswordPiped ? input.nextLine() : input.ask(label, signal),
  )
  return { object, type, values: { ...values, ...secrets } }
}

/** `@` or KIND: marks the object. Where neither word has it, the one that there is; of two that there are, neither. */
async function isObjectFirst(desk: OpenDesk, first: string, second: string): Promise<boolean> {
  if (isMarked(first) !== isMarked(second)) return isMarked(first)
  const isFirst = (await objectsNamed(desk, first)).length > 0
  if (isFirst && (await objectsNamed(desk, second)).length > 0)
    throw new AppError(
      'input.invalid',
      `“${first}” and “${second}” are both objects: write @ before the one that is meant.`,
    )
  return isFirst
}

const isMarked = (word: string): boolean => /^(@|(server|platform|site):)/.test(word)

/** The one object of this name; throws where there is none or several. */
export async function findObject(desk: OpenDesk, typed: string): Promise<FoundObject> {
  const found = await objectsNamed(desk, typed)
  const [first] = found
  if (first === undefined)
    throw new AppError('object.not-found', `There is nothing called “${typed}”.`)
  if (found.length === 1) return first
  throw new AppError(
    'input.invalid',
    `${found.length} objects are called “${typed}”: name one by KIND:NAME or by its id.`,
  )
}

async function objectsNamed(desk: OpenDesk, typed: string): Promise<FoundObject[]> {
  const [, kindTyped, name = ''] = /^(?:(server|platform|site):)?@?(.*)$/s.exec(typed) ?? []
  const found: FoundObject[] = []
  for (const kind of KINDS.filter((one) => kindTyped === undefined || one === kindTyped))
    for (const row of await livingRows(desk, kind))
      if (row.name === name || row.id === name)
        found.push({ kind, id: row.id, backendId: row.backendId })
  return found
}

async function livingRows(
  desk: OpenDesk,
  kind: ObjectKind,
): Promise<(Row & { backendId: string })[]> {
  return (await allRows(desk, kind)).flatMap((row) =>
    row.backendId === undefined || row.status === 'deleted'
      ? []
      : [{ ...row, backendId: row.backendId }],
  )
}

/** What the fields of a form about this object may name: objects of its own backend first. */
const namedOf = (desk: OpenDesk, { id: objectId, backendId }: FoundObject): Named => ({
  async objects(kind, typed) {
    const name = typed.replace(/^@/, '')
    if (kind === 'client') {
      const clients = await allRows(desk, 'client')
      return clients.filter((one) => [one.id, one.title].includes(typed)).map(({ id }) => id)
    }
    const all = await livingRows(desk, kind)
    const fitting = [
      all.filter(({ id }) => id === typed),
      all.filter((one) => one.backendId === backendId && one.name === name),
      all.filter((one) => one.backendId === backendId && one.title === typed),
      all.filter((one) => [one.name, one.title].includes(name)),
    ].find((some) => some.length > 0)
    return (fitting ?? []).map(({ id }) => id)
  },
  async backups(typed) {
    const found: string[] = []
    for (let offset = 0; ;) {
      const page = await desk.calls.backup.list({ siteId: objectId, offset, limit: 1000 })
      for (const { id, file } of page.items)
        if ([id, file, path.posix.basename(file)].includes(typed)) found.push(id)
      offset += page.items.length
      if (page.items.length === 0 || offset >= page.total) return found
    }
  },
})
