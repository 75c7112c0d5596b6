import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Transfer } from '../../../main/export/transfer.ts'
import { openFile, sealFile } from '../../../main/export/sealed-file.ts'
import { Secret } from '../../../main/lib/secret.ts'
import type { SecretBox } from '../../../main/settings/secret-box.ts'
import { ChangeSet, Store } from '../../../main/store/store.ts'
import { aPlatform, aServer, aSite, aTask, anId } from '../../support/objects.ts'
import { aBackend, aClient, anAttempt } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const PASSPHRASE = new Secret('correct horse battery')
const NOW = 1_790_000_000_000

/** Each box opens only what it sealed itself, as keychains of two computers do. */
const aBox = (name: string): SecretBox => ({
  seal: (text) => `${name}:${Buffer.from(text).toString('base64')}`,
  unseal(sealed) {
    if (!sealed.startsWith(`${name}:`)) throw new Error('sealed elsewhere')
    return Buffer.from(sealed.slice(name.length + 1), 'base64').toString()
  },
})

async function aDesk(secretBox: SecretBox | null, change = new ChangeSet()) {
  const folder = temporaryFolder()
  const store = await Store.open({ folder, now: () => NOW })
  onTestFinished(() => store.close())
  await store.commit(change.put('setting', { name: 'desk.id', value: secretBox?.seal('') ?? 'x' }))
  let imported = 0
  const transfer = new Transfer({
    store,
    secretBox,
    folder,
    now: () => NOW,
    application: '0.1.0',
    newId: () => anId(77),
    onImported: () => (imported += 1),
  })
  return { folder, store, transfer, timesImported: () => imported }
}
type Desk = Awaited<ReturnType<typeof aDesk>>

const fullDesk = (box: SecretBox): ChangeSet =>
  new ChangeSet()
    .put('client', aClient({ title: 'Bäckerei Öhler' }))
    .put('backend', aBackend())
    .put('server', aServer())
    .put('platform', aPlatform())
    .put('site', aSite({ clientId: aClient().id }))
    .put('task', aTask({ status: 'success', endedAt: 5, attemptId: anAttempt().id }))
    .put('attempt', anAttempt({ taskId: aTask().id, status: 'success', endedAt: 5 }))
    .put('setting', { name: 'log.times', value: 'elapsed' })
    .put('secret', { name: 'backend.web1.password', sealed: box.seal('hunter2') })

async function exportOf({ transfer }: Desk): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const { bytes } of transfer.export(PASSPHRASE)) pieces.push(bytes)
  return Buffer.concat(pieces)
}

function upload({ transfer }: Desk, file: Buffer): string {
  const id = transfer.upload(null, file.subarray(0, 100))
  return transfer.upload(id, file.subarray(100))
}

// Keys are made slowly on purpose, and more so on a busy machine.
describe('an export', { timeout: 60_000 }, () => {
  test('shows nothing without its passphrase, and cannot be changed unseen', async () => {
    const box = aBox('here')
    const file = await exportOf(await aDesk(box, fullDesk(box)))
    expect(file.toString('latin1')).toMatch(/^{"format":"hosting-desk-export","version":1,/)
    expect(file.includes('hunter2') || file.includes('example.com')).toBe(false)
    await expect(openFile(file, new Secret('another passphrase'))).rejects.toMatchObject({
      code: 'export.wrong-passphrase',
    })
    for (const at of [40, file.indexOf('"iv":"') + 8, file.indexOf(10) + 9, file.length - 3]) {
      const changed = Buffer.from(file)
      changed[at] = (changed[at] ?? 0) ^ 1
      await expect(openFile(changed, PASSPHRASE), `byte ${at}`).rejects.toMatchObject({
        code: expect.stringMatching(/^export\.|^store\.newer/) as string,
      })
    }
  })

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.from('PK\u0003\u0004 a zip')],
    ['a torn line', Buffer.from('{"format":"hosting-desk-export","version":1')],
    [
      'a line that asks for all memory',
      Buffer.from(
        '{"format":"hosting-desk-export","version":1,"cipher":"aes-256-gcm","kdf":{"name":"scrypt","N":4194304,"r":32,"p":16,"salt":"AAAA"},"iv":"AAAA"}\nxxxxxxxxxxxxxxxxxxxxxxxx',
      ),
    ],
  ])('that is %s is refused', async (_, file) => {
    await expect(openFile(file, PASSPHRASE)).rejects.toMatchObject({ code: 'export.unreadable' })
  })

  test('of a newer version is refused as that', async () => {
    const file = await sealFile(Buffer.from('x'), PASSPHRASE)
    const newer = Buffer.from(
      file.toString('latin1').replace('"version":1', '"version":2'),
      'latin1',
    )
    await expect(openFile(newer, PASSPHRASE)).rejects.toMatchObject({ code: 'store.newer-format' })
  })
})

describe('an import', { timeout: 60_000 }, () => {
  test('into an empty desk brings everything, and seals secrets by its own keychain', async () => {
    const here = aBox('here')
    const file = await exportOf(await aDesk(here, fullDesk(here)))
    const there = aBox('there')
    const desk = await aDesk(there)
    const outcome = await desk.transfer.import(upload(desk, file), PASSPHRASE, {
      isReplacing: false,
    })
    expect(outcome).toEqual({
      servers: 1,
      platforms: 1,
      sites: 1,
      tasks: 1,
      secretsLeft: 0,
      keptAs: null,
    })
    expect(desk.store.get('client', aClient().id).title).toBe('Bäckerei Öhler')
    expect(desk.store.get('site', aSite().id)).toMatchObject({ name: aSite().name })
    expect(desk.store.get('attempt', anAttempt().id).taskId).toBe(aTask().id)
    expect(desk.store.get('setting', 'log.times').value).toBe('elapsed')
    const { sealed } = desk.store.get('secret', 'backend.web1.password')
    expect(there.unseal(sealed)).toBe('hunter2')
    // Both desks go on to exist: each keeps its own name towards servers.
    expect(desk.store.get('setting', 'desk.id').value).toBe(there.seal(''))
    expect(desk.timesImported()).toBe(1)
  })

  test('into a full desk has to be said, keeps a copy, and leaves nothing of what was there', async () => {
    const box = aBox('here')
    const file = await exportOf(await aDesk(box, fullDesk(box)))
    const desk = await aDesk(
      box,
      new ChangeSet()
        .put('backend', aBackend({ id: anId(90), title: 'old' }))
        .put('server', aServer({ id: anId(91), backendId: anId(90), name: 'server_old' })),
    )
    const id = upload(desk, file)
    await expect(
      desk.transfer.import(id, PASSPHRASE, { isReplacing: false }),
    ).rejects.toMatchObject({ code: 'export.not-empty' })
    expect(desk.store.get('server', anId(91)).name).toBe('server_old')

    const { keptAs } = await desk.transfer.import(id, PASSPHRASE, { isReplacing: true })
    expect(desk.store.find('server', anId(91))).toBeUndefined()
    expect(desk.store.get('server', aServer().id).name).toBe(aServer().name)
    expect(
      readFileSync(keptAs ?? '')
        .subarray(0, 15)
        .toString(),
    ).toBe('SQLite format 3')
    expect(readdirSync(path.join(desk.folder, 'store', 'aside'))).toHaveLength(1)
  })

  test('runs no task again that had not ended, and takes no password of one along', async () => {
    const box = aBox('here')
    const change = fullDesk(box)
      .put('task', aTask({ id: anId(60), number: 2, attemptId: anId(61), status: 'processing' }))
      .put('attempt', anAttempt({ id: anId(61), taskId: anId(60) }))
      .put('task', aTask({ id: anId(62), number: 3, type: 'restore' }))
      .put('secret', { name: `task.${anId(62)}.password`, sealed: box.seal('hunter3') })
    const file = await exportOf(await aDesk(box, change))
    const desk = await aDesk(box)
    const outcome = await desk.transfer.import(upload(desk, file), PASSPHRASE, {
      isReplacing: false,
    })
    expect(outcome).toMatchObject({ tasks: 3, secretsLeft: 0 })
    const lost = {
      status: 'cancelled',
      endedAt: NOW,
      errorCode: 'run.lost',
      errorMessage: expect.stringContaining('Verify the object') as string,
    }
    expect(desk.store.get('task', anId(60))).toMatchObject(lost)
    expect(desk.store.get('attempt', anId(61))).toMatchObject(lost)
    expect(desk.store.get('task', anId(62))).toMatchObject(lost)
    expect(desk.store.get('task', aTask().id)).toMatchObject({ status: 'success', endedAt: 5 })
    expect(desk.store.select('secret', '').map(({ name }) => name)).toEqual([
      'backend.web1.password',
    ])
  })

  test('waits until nothing runs, and a mistyped passphrase costs nothing', async () => {
    const box = aBox('here')
    const source = fullDesk(box)
    const desk = await aDesk(box, source.put('task', aTask({ status: 'processing' })))
    const id = upload(desk, await exportOf(desk))
    const options = { isReplacing: true }
    await expect(desk.transfer.import(id, new Secret('x'), options)).rejects.toMatchObject({
      code: 'export.wrong-passphrase',
    })
    await expect(desk.transfer.import(id, PASSPHRASE, options)).rejects.toMatchObject({
      code: 'object.in-use',
    })
    expect(() => desk.transfer.upload(anId(5), Buffer.from('x'))).toThrow('Choose it again')
  })

  test('leaves a demo server where it is, and says which secrets no one can keep here', async () => {
    const box = aBox('here')
    const change = fullDesk(box)
      .put('backend', aBackend({ id: anId(80), isDemo: true }))
      .put('server', aServer({ id: anId(81), backendId: anId(80), name: 'server_demo' }))
    const file = await exportOf(await aDesk(box, change))
    const desk = await aDesk(null)
    const outcome = await desk.transfer.import(upload(desk, file), PASSPHRASE, {
      isReplacing: false,
    })
    expect(outcome).toMatchObject({ servers: 1, secretsLeft: 1 })
    expect(desk.store.find('backend', anId(80))).toBeUndefined()
    expect(desk.store.find('secret', 'backend.web1.password')).toBeUndefined()
  })
})
