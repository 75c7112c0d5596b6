import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { RECORDED_CONTEXTS } from '../support/drush/aegir-account.ts'
import { openDeskAtAegir, type DeskAtAegir } from '../support/drush/desk-at-aegir.ts'
import { requireRecordings } from '../support/drush/recordings.ts'
import { logOf } from '../support/desk.ts'

const SITE = 'site1.aegir.test'

let desk: DeskAtAegir

beforeAll(async () => {
  requireRecordings()
  desk = await openDeskAtAegir()
}, 60_000)

afterAll(() => desk.close())

beforeEach(async () => {
  desk.aegir.clear()
  desk.aegir.put(RECORDED_CONTEXTS)
  await desk.openNew()
  await desk.importAll()
})

test('an account of Aegir’s is found to be one, and what it has is here at once', async () => {
  const [backend] = await desk.calls().backend.list()
  expect(backend).toMatchObject({ dialect: 'aegir', recurringOwner: 'desk' })
  const sites = await desk.calls().site.list({})
  expect(sites.items).toMatchObject([
    { name: SITE, status: 'enabled', aliases: ['www.site1.aegir.test'], url: `http://${SITE}/` },
  ])
  const { items } = await desk.calls().server.list({})
  expect(items.map(({ name, services }) => [name, Object.keys(services)])).toEqual(
    expect.arrayContaining([
      ['server_master', ['http']],
      ['server_localhost', ['db']],
    ]) as unknown,
  )
  expect((await desk.calls().task.list({})).items).toEqual([])
})

describe('a task', () => {
  test('verify', async () => {
    const task = await desk.run('site', SITE, 'verify')
    expect(task).toMatchObject({ status: 'success', errorMessage: null })
    const log = await logOf(desk.calls(), task)
    expect(log.length).toBeGreaterThan(0)
  })
})
