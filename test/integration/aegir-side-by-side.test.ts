import { spawn } from 'node:child_process'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { codeOfCall } from '../support/calls.ts'
import { RECORDED_CONTEXTS } from '../support/drush/aegir-account.ts'
import { openDeskAtAegir, type DeskAtAegir } from '../support/drush/desk-at-aegir.ts'
import { eventually } from '../support/eventually.ts'

const CRONTAB = `SHELL=/bin/sh
PATH=/usr/bin:/bin
* * * * * /usr/bin/env php /usr/bin/drush '@hostmaster' hosting-dispatch
5 4 * * * echo mine
`

let desk: DeskAtAegir

beforeAll(async () => {
  desk = await openDeskAtAegir('hdaegirs')
}, 60_000)

afterAll(() => desk.close())

const crontab = (): string => desk.aegir.asAccount('crontab -l 2>/dev/null || true')
const setCrontab = (text: string): string =>
  desk.aegir.asAccount(`printf '%s' "${text}" | crontab -`)
const backend = async () => (await desk.calls().backend.list())[0]
const account = async () => desk.calls().aegir.account({ backendId: (await backend())?.id ?? '' })

beforeEach(async () => {
  desk.aegir.clear()
  desk.aegir.put(RECORDED_CONTEXTS)
  desk.aegir.put({
    hostmaster: { context_type: 'site', uri: 'aegir.test', platform: '@platform_h' },
  })
  setCrontab(CRONTAB)
  await desk.openNew()
  await desk.importAll()
})

describe('while Aegir’s own frontend dispatches on the account', () => {
  test('it says so, and leaves the recurring work to it', async () => {
    expect((await account()).frontend).toMatchObject({
      isThere: true,
      crontabLines: [expect.stringContaining('hosting-dispatch')],
      daemons: [],
      isPausedByUs: false,
    })
    expect(await backend()).toMatchObject({ recurringOwner: 'server' })
  })

  test('it is paused in its own way, and put back as it was', async () => {
    const backendId = (await backend())?.id ?? ''
    const paused = await desk.calls().aegir.pauseFrontend({ backendId })
    expect(paused.frontend).toMatchObject({ crontabLines: [], isPausedByUs: true })
    expect(crontab()).not.toContain('hosting-dispatch')
    expect(await backend()).toMatchObject({ recurringOwner: 'desk' })
    expect(await codeOfCall(desk.calls().aegir.pauseFrontend({ backendId }))).toBe(
      'backend.refused',
    )

    const back = await desk.calls().aegir.putBackFrontend({ backendId })
    expect(back.frontend).toMatchObject({ isPausedByUs: false })
    expect(crontab()).toBe(CRONTAB)
    expect(await backend()).toMatchObject({ recurringOwner: 'server' })
  })

  test('a line that somebody added meanwhile stays when it is put back', async () => {
    const backendId = (await backend())?.id ?? ''
    await desk.calls().aegir.pauseFrontend({ backendId })
    setCrontab(`${crontab()}1 2 * * * echo new\n`)
    await desk.calls().aegir.putBackFrontend({ backendId })
    const lines = crontab().split('\n')
    for (const line of [...CRONTAB.split('\n'), '1 2 * * * echo new']) expect(lines).toContain(line)
  })

  test('its daemon is found, and told to pause', async () => {
    const script = 'exec -a "drush @hostmaster hosting-queued" sleep 60'
    const { uid } = desk.aegir.account
    const child = spawn('setpriv', [
      ...['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'],
      ...['bash', '-c', script],
    ])
    try {
      await eventually(async () => expect((await account()).frontend.daemons).toEqual([child.pid]))
      const backendId = (await backend())?.id ?? ''
      await desk.calls().aegir.pauseFrontend({ backendId })
      await desk.calls().aegir.putBackFrontend({ backendId })
      const told = desk.aegir
        .journal()
        .filter(({ event, command }) => event === 'begin' && command === 'vset')
      expect(told.map(({ args }) => args)).toEqual([
        ['hosting_queued_paused', '1'],
        ['hosting_queued_paused', '0'],
      ])
    } finally {
      child.kill()
    }
  })

  test('a pause that fails leaves everything as it was', async () => {
    desk.aegir.order({ command: 'hosting-pause', kind: 'error', code: 'X' })
    setCrontab(CRONTAB)
    const backendId = (await backend())?.id ?? ''
    expect(await codeOfCall(desk.calls().aegir.pauseFrontend({ backendId }))).toBe(
      'backend.refused',
    )
    expect(crontab()).toBe(CRONTAB)
    expect((await account()).frontend.isPausedByUs).toBe(false)
  })
})

test('our dispatcher is not installed on a server of Aegir’s', async () => {
  const backendId = (await backend())?.id ?? ''
  expect(await codeOfCall(desk.calls().crontab.show({ backendId, wish: 'install' }))).toBe(
    'task.not-allowed',
  )
})
