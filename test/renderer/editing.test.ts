import { describe, expect, test } from 'vitest'
import type { ServerRow, ServiceType } from '#shared/contract/inventory.ts'
import { parseAliases } from '../../renderer/lib/aliases.ts'
import { toClientDraft, toClientFacts, toQuotaText } from '../../renderer/lib/client-draft.ts'
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
    expect(toServerWish(edit, row)).toEqual({ wish: { title: row.title, services: row.services } })
  })

  test('names the account only where something of it changed', () => {
    const edit = { ...toServerEdit(row, types), host: 'web2.example.com', limit: '9' }
    expect(toServerWish(edit, row)).toMatchObject({
      wish: { account: { address: { host: 'web2.example.com' }, limit: 9 } },
    })
    const password = { ...toServerEdit(row, types), method: 'password' as const, password: 's' }
    expect(toServerWish(password, row)).toMatchObject({
      wish: { account: { secrets: { password: 's' } } },
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
    expect(toServerWish(edit, row)).toMatchObject({
      wish: { services: { http: { type: 'nginx', port: 8080, restartCommand: null } } },
    })
    expect(toServerWish(edit, row)).not.toHaveProperty('wish.services.db')
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
    const found = toServerWish(edit, row)
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
      aliases: ['a.example.com', 'xn--bcher-kva.example'],
    })
    expect(parseAliases('*.B\u00fccher.example')).toEqual({ aliases: ['*.xn--bcher-kva.example'] })
    expect(parseAliases(' \n')).toEqual({ aliases: [] })
  })

  test('are refused by name where they are no host names', () => {
    expect(parseAliases('a.example.com b_c /etc')).toEqual({ problem: 'No host name: b_c, /etc' })
  })
})

describe('a client as it is typed', () => {
  test('reads back to what is stored', () => {
    const client = aClient({ email: 'web@acme.example', siteQuota: 3 })
    expect(toClientFacts(toClientDraft(client))).toEqual({
      facts: { title: client.title, email: client.email, siteQuota: 3 },
    })
    expect(toClientFacts({ ...toClientDraft(), title: 'A' })).toEqual({
      facts: { title: 'A', email: null, siteQuota: null },
    })
  })

  test('is told every bad field at once', () => {
    const found = toClientFacts({ title: ' ', email: 'x', siteQuota: '-1' })
    expect(Object.keys('problems' in found ? found.problems : {})).toEqual([
      'title',
      'email',
      'siteQuota',
    ])
  })

  test('shows how many sites it has, and of how many', () => {
    expect(toQuotaText({ sites: 3, siteQuota: null })).toBe('3')
    expect(toQuotaText({ sites: 3, siteQuota: 5 })).toBe('3 of 5')
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
