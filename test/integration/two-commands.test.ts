import { existsSync, readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CodeHarness } from '../support/code-harness.ts'
import { eventually } from '../support/eventually.ts'
import type { Ran } from '../support/provision.ts'

const SITE = 'www.both.example'
const COPY = 'copy.both.example'

let desk: CodeHarness

beforeAll(async () => {
  desk = await CodeHarness.open({ name: 'hdboth', slots: 3 })
  await desk.addPlatform('one')
}, 180_000)
afterAll(() => desk?.close())

const messagesOf = ({ events }: Ran): string =>
  events.flatMap((event) => (event.event === 'log' ? [event.message] : [])).join('\n')

/** A site with a backup, on a server that has nothing else. */
async function aSite(): Promise<{ slot: string; file: string }> {
  const { slot } = (await desk.install(SITE, 'one')).result.data as { slot: string }
  const { file } = (await desk.succeed('backup', SITE)).result.data as { file: string }
  return { slot, file }
}

const start = (name: string, ...args: string[]) =>
  desk.machine.start([`provision-${name}`, `@${SITE}`, ...args])

/** Starts one, and another while the first changes something. */
async function oneAndThen(
  first: readonly [string, ...string[]],
  second: readonly [string, ...string[]],
): Promise<[Ran, Ran]> {
  const one = start(...first)
  await eventually(() => expect(journals()).not.toEqual([]), { timeoutMs: 20_000 })
  const other = start(...second)
  return Promise.all([one.ended, other.ended])
}

const journals = (): string[] =>
  readdirSync(desk.inHome('.hosting-desk/journals')).filter((name) => name.endsWith('.jsonl'))

/** What sites leave when they are gone: backups, and nothing else. */
function expectGone(...uris: string[]): void {
  expect(desk.databases()).toEqual([])
  expect(readdirSync(desk.inHome('.hosting-desk/slots'))).toEqual([])
  for (const slot of desk.machine.slots) {
    expect(readdirSync(desk.inHome(`slots/${slot}`))).toEqual([])
    expect(desk.processesOf(slot)).toEqual([])
  }
  for (const uri of uris) {
    expect(existsSync(desk.inHome(`.hosting-desk/contexts/${uri}.json`))).toBe(false)
    expect(existsSync(desk.inHome(`nginx/vhost.d/${uri}.conf`))).toBe(false)
  }
  expect(desk.leftovers()).toEqual([])
}

describe('two commands on one site with code at once', () => {
  test('a restore while it is deleted waits, and is refused: there is no such site any more', async () => {
    const { file } = await aSite()
    const [deleted, restored] = await oneAndThen(['delete'], ['restore', file])
    expect(deleted.result.errorMessage).toBeNull()
    expect(messagesOf(restored)).toContain(`Another command works on @${SITE}: waiting.`)
    expect(restored.result).toMatchObject({
      errorCode: 'PROVISION_MISSING_CONTEXT',
      errorMessage: expect.stringContaining(`There is no context @${SITE}`) as string,
    })
    expectGone(SITE)
  })

  test('a delete while it is restored waits, and deletes what was restored', async () => {
    const { file } = await aSite()
    const [restored, deleted] = await oneAndThen(['restore', file], ['delete'])
    expect(restored.result.errorMessage).toBeNull()
    expect(messagesOf(deleted)).toContain(`Another command works on @${SITE}: waiting.`)
    expect(deleted.result.errorMessage).toBeNull()
    expectGone(SITE)
  })

  test('a delete while it is cloned waits; the copy stays', async () => {
    await aSite()
    const [cloned, deleted] = await oneAndThen(['clone', `@${COPY}`, '@platform_one'], ['delete'])
    expect(cloned.result.errorMessage).toBeNull()
    expect(messagesOf(deleted)).toContain(`Another command works on @${SITE}: waiting.`)
    expect(deleted.result.errorMessage).toBeNull()
    expect(desk.databases()).toHaveLength(1)
    expect((await desk.fetch(COPY))?.status).toBe(200)
    expect(await desk.fetch(SITE)).toBeUndefined()
    await desk.succeed('delete', COPY)
    expectGone(SITE, COPY)
  })

  test('a clone while it is deleted waits, and is refused: nothing of the copy is there', async () => {
    await aSite()
    const [deleted, cloned] = await oneAndThen(['delete'], ['clone', `@${COPY}`, '@platform_one'])
    expect(deleted.result.errorMessage).toBeNull()
    expect(cloned.result.errorCode).toBe('PROVISION_MISSING_CONTEXT')
    expectGone(SITE, COPY)
  })

  test.each([1, 2, 3, 4])('begun in one instant, one wins (%i)', async (round) => {
    const { file } = await aSite()
    const others = [
      ['restore', file],
      ['clone', `@${COPY}`, '@platform_one'],
    ] as const
    const [name, ...args] = others[round % 2] ?? others[0]
    const [deleted, other] = await Promise.all([start('delete').ended, start(name, ...args).ended])
    expect(deleted.result.errorMessage).toBeNull()
    if (!other.result.isOk) expect(other.result.errorCode).toBe('PROVISION_MISSING_CONTEXT')
    if (name === 'clone' && other.result.isOk) await desk.succeed('delete', COPY)
    expectGone(SITE, COPY)
  })
})
