import { describe, expect, test } from 'vitest'
import type { ServerRow, ServiceType } from '#shared/contract/inventory.ts'
import { parseAliases } from '../../renderer/lib/aliases.ts'
import type { Json } from '#shared/domain/json.ts'
import type { Site } from '#shared/domain/objects.ts'
import {
  toClientDraft,
  toClientFacts,
  toDiskText,
  toQuotaText,
} from '../../renderer/lib/client-draft.ts'
import { toHttpsDraft, toHttpsFacts } from '../../renderer/lib/https-draft.ts'
import {
  schedulesWith,
  toScheduleSeconds,
  toScheduleValue,
} from '../../renderer/lib/schedule-draft.ts'
import { toServerEdit, toServerWish } from '../../renderer/lib/server-edit.ts'
import { toServiceLabel } from '../../renderer/lib/service-words.ts'
import { toValueText } from '../../renderer/lib/value-text.ts'
import { aServer } from '../support/objects.ts'
import { aBackend, aClient } from '../support/rows.ts'

const types: ServiceType[] = ['http', 'db'].map((service) => ({
  service,
  type: service === 'http' ? 'nginx' : 'mariadb',
  title: service,
  description: '',
  defaultPort: null,
  defaultRestartCommand: null,
  hasRestartCommand: true,
  form: {
    fields: service === 'db' ? [{ name: 'db_note', type: 'text', label: 'Note' }] : [],
  },
  isHidden: false,
}))
const row: ServerRow = {
  ...aServer({ services: { http: { type: 'nginx', port: 8080, restartCommand: '/bin/true' } } }),
  backend: aBackend(),
  lastTask: null,
  platforms: 0,
  sites: 0,
}

describe('the form of a server', () => {
  test('begins with what is stored, and asks for nothing else where nothing was typed', () => {
    const edit = toServerEdit(row, types)
    expect(edit.services.map(({ service, type }) => [service, type])).toEqual([
      ['http', 'nginx'],
      ['db', ''],
    ])
    expect(toServerWish(edit, row, types)).toEqual({
      facts: { title: row.title, services: row.services },
    })
  })

  test('names the account only where something of it changed', () => {
    const edit = { ...toServerEdit(row, types), host: 'web2.example.com', limit: '9' }
    expect(toServerWish(edit, row, types)).toMatchObject({
      facts: { account: { address: { host: 'web2.example.com' }, limit: 9 } },
    })
    const password = { ...toServerEdit(row, types), method: 'password' as const, password: 's' }
    expect(toServerWish(password, row, types)).toMatchObject({
      facts: { account: { secrets: { password: 's' } } },
    })
  })

  test('a service that was emptied is left out, an emptied command is none', () => {
    const [http, db] = toServerEdit(row, types).services
    if (!http || !db) throw new Error('Both are there.')
    const edit = {
      ...toServerEdit(row, types),
      services: [
        { ...http, restartCommand: ' ' },
        { ...db, port: '3306' },
      ],
    }
    expect(toServerWish(edit, row, types)).toMatchObject({
      facts: { services: { http: { type: 'nginx', port: 8080, restartCommand: null } } },
    })
    expect(toServerWish(edit, row, types)).not.toHaveProperty('facts.services.db')
  })

  test('a service has the values of its own form, checked as they are typed', () => {
    const [http, db] = toServerEdit(row, types).services
    if (!http || !db) throw new Error('Both are there.')
    const withNote = (note: Json) => ({
      ...toServerEdit(row, types),
      services: [http, { ...db, type: 'mariadb', values: { db_note: note, other: 'x' } }],
    })
    expect(toServerWish(withNote('here'), row, types)).toMatchObject({
      facts: { services: { db: { type: 'mariadb', values: { db_note: 'here' } } } },
    })
    expect(toServerWish(withNote(7), row, types)).toMatchObject({
      problems: { 'services.db.values.db_note': 'Note is a text.' },
    })
  })

  test('every bad field is told at once', () => {
    const [http] = toServerEdit(row, types).services
    if (!http) throw new Error('It is there.')
    const edit = {
      ...toServerEdit(row, types),
      title: '',
      host: '',
      limit: '65',
      services: [{ ...http, port: '0' }],
    }
    const found = toServerWish(edit, row, types)
    expect(Object.keys('problems' in found ? found.problems : {}).toSorted()).toEqual([
      'host',
      'limit',
      'services.http.port',
      'title',
    ])
  })
})

describe('aliases as they are typed', () => {
  test('stand in lines or behind commas, in any spelling, each once', () => {
    expect(parseAliases(' A.example.com,\nbücher.example\n\na.example.com. ')).toEqual({
      facts: { aliases: ['a.example.com', 'xn--bcher-kva.example'] },
    })
    expect(parseAliases('*.B\u00fccher.example')).toEqual({
      facts: { aliases: ['*.xn--bcher-kva.example'] },
    })
    expect(parseAliases(' \n')).toEqual({ facts: { aliases: [] } })
  })

  test('are refused by name where they are no host names', () => {
    expect(parseAliases('a.example.com\nb_c, /etc')).toEqual({
      problems: { aliases: 'No host name: “b_c”, “/etc”' },
    })
    expect(parseAliases('a.example.com bad name')).toEqual({
      problems: { aliases: 'No host name: “a.example.com bad name”' },
    })
  })
})

describe('a client as it is typed', () => {
  test('reads back to what is stored', () => {
    const client = aClient({ email: 'web@acme.example', siteQuota: 3 })
    expect(toClientFacts(toClientDraft(client))).toEqual({
      facts: { title: client.title, email: client.email, siteQuota: 3, diskQuotaBytes: null },
    })
    expect(toClientFacts({ ...toClientDraft(), title: 'A' })).toEqual({
      facts: { title: 'A', email: null, siteQuota: null, diskQuotaBytes: null },
    })
  })

  test('is told every bad field at once', () => {
    const found = toClientFacts({ title: ' ', email: 'x', siteQuota: '-1', diskQuota: 'x' })
    expect(Object.keys('problems' in found ? found.problems : {})).toEqual([
      'title',
      'email',
      'siteQuota',
      'diskQuotaBytes',
    ])
  })

  test('has its disk space in GB, with a fraction, and shows what is used of it', () => {
    const client = aClient({ diskQuotaBytes: 2_500_000_000 })
    expect(toClientDraft(client).diskQuota).toBe('2.5')
    expect(toClientFacts({ ...toClientDraft(client), diskQuota: '0,75' })).toMatchObject({
      facts: { diskQuotaBytes: 750_000_000 },
    })
    expect(toDiskText({ sizeBytes: 1_400_000_000, diskQuotaBytes: null })).toBe('1.4 GB')
    expect(toDiskText({ sizeBytes: 1_400_000_000, diskQuotaBytes: 5_000_000_000 })).toBe(
      '1.4 GB of 5 GB',
    )
  })

  test('shows how many sites it has, and of how many', () => {
    expect(toQuotaText({ sites: 3, siteQuota: null })).toBe('3')
    expect(toQuotaText({ sites: 3, siteQuota: 5 })).toBe('3 of 5')
  })
})

describe('HTTPS of a site as it is chosen', () => {
  test.each<Pick<Site, 'https' | 'certificate'>>([
    { https: 'off', certificate: null },
    { https: 'enabled', certificate: { type: 'acme' } },
    { https: 'required', certificate: { type: 'own', file: '/etc/a.pem', keyFile: '/etc/a.key' } },
  ])('reads back to what is stored: %j', (facts) => {
    expect(toHttpsFacts(toHttpsDraft(facts))).toEqual({ facts })
  })

  test('is told which file is missing, and of none where it is off', () => {
    const draft = { ...toHttpsDraft(), https: 'enabled' as const, certificate: 'own' as const }
    const found = toHttpsFacts({ ...draft, file: 'cert.pem' })
    expect(Object.keys('problems' in found ? found.problems : {})).toEqual([
      'certificate.file',
      'certificate.keyFile',
    ])
    expect(toHttpsFacts({ ...draft, https: 'off' })).toEqual({
      facts: { https: 'off', certificate: null },
    })
  })
})

describe('the schedule of a site’s backups', () => {
  test('is one of a few, or the one that was set elsewhere', () => {
    expect(toScheduleValue(null)).toBe('never')
    expect(toScheduleSeconds(toScheduleValue(86_400), null)).toBe(86_400)
    expect(schedulesWith(900).at(-1)).toEqual({
      value: 'own',
      label: 'Every 15 min',
      seconds: 900,
    })
    expect(toScheduleSeconds(toScheduleValue(900), 900)).toBe(900)
  })
})

describe('what was sent', () => {
  test('has dots for secrets, also for those further in', () => {
    expect(toValueText('db_password', 'hunter2')).not.toContain('hunter2')
    expect(toValueText('db', { user: 'a', login: [{ token: 'hunter2' }] })).not.toContain('hunter2')
    expect(toValueText('db', { user: 'a' })).toBe('{"user":"a"}')
  })
})

test('a service is called as people call it', () => {
  expect(toServiceLabel('http')).toBe('Web server')
  expect(toServiceLabel('notice_board')).toBe('Notice board')
})
