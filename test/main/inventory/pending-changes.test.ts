import { describe, expect, test } from 'vitest'
import { shippedServices } from '../../../main/features/services.ts'
import type { HostingObject } from '#shared/domain/objects.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import * as pending from '../../../main/inventory/pending-changes.ts'
import { anId, aPlatform, aServer, aSite } from '../../support/objects.ts'
import { aClient } from '../../support/rows.ts'

const { diffOptions } = pending
const nobody = () => []
const restoreSaved = (
  object: HostingObject,
  saved: JsonRecord,
  clientsTitled: Parameters<typeof pending.restoreSaved>[2],
) => pending.restoreSaved(object, saved, clientsTitled, shippedServices.services ?? [])

describe('what is not yet on a server', () => {
  test('is each key that would be sent with another value than the backend keeps', () => {
    expect(diffOptions({ a: 1, b: 'x' }, { a: 2, b: 'x' })).toEqual([
      { key: 'a', saved: 1, wanted: 2 },
    ])
  })

  test('is a key that is to be unset and is there, and one to be set that is not', () => {
    expect(diffOptions({ a: 1 }, { a: null, b: 2 })).toEqual([
      { key: 'a', saved: 1, wanted: null },
      { key: 'b', saved: null, wanted: 2 },
    ])
  })

  test('is nothing of a key that is absent on both sides, nor of one that is not sent', () => {
    expect(diffOptions({ installed: true }, { a: null, context_type: 'site' })).toEqual([])
  })

  test('lists differ by their order, records do not', () => {
    expect(
      diffOptions({ a: [1, 2], b: { x: 1, y: [{}] } }, { a: [1, 2], b: { y: [{}], x: 1 } }),
    ).toEqual([])
    expect(diffOptions({ a: [1, 2] }, { a: [2, 1] })).toHaveLength(1)
    expect(diffOptions({ a: [1] }, { a: { 0: 1 } })).toHaveLength(1)
    expect(diffOptions({ a: [1] }, { a: [1, null] })).toHaveLength(1)
    expect(diffOptions({ a: '1' }, { a: 1 })).toHaveLength(1)
    expect(diffOptions({ a: { x: 1 } }, { a: { x: 1, z: 2 } })).toHaveLength(1)
  })
})

describe('taking a change back', () => {
  test('gives a server the services that its backend keeps, and no others', () => {
    const server = aServer({
      services: {
        http: { type: 'nginx', port: 81, restartCommand: 'x' },
        db: { type: 'mariadb', port: 3306, restartCommand: null },
      },
    })
    const saved = { remote_host: 'old', title: 'Old', http_service_type: 'nginx', http_port: 80 }
    expect(restoreSaved(server, saved, nobody)).toEqual({
      ...server,
      title: 'Old',
      remoteHost: 'old',
      services: { http: { type: 'nginx', port: 80, restartCommand: null } },
    })
  })

  test('gives a platform its folder', () => {
    const platform = aPlatform({ root: '/new' })
    expect(restoreSaved(platform, { root: '/old' }, nobody)).toEqual({ ...platform, root: '/old' })
  })

  test('gives a site its names and, by its name, its client', () => {
    const site = aSite({ aliases: ['new.example.com'], redirection: 'new.example.com' })
    const saved = { aliases: ['old.example.com'], client_name: 'Acme' }
    expect(restoreSaved(site, saved, (title) => [aClient({ id: anId(6), title })])).toEqual({
      ...site,
      aliases: ['old.example.com'],
      redirection: null,
      clientId: anId(6),
    })
  })

  test('leaves a client that is no longer known under that name, and a schedule that was never told', () => {
    const site = aSite({ clientId: anId(6), backupEverySeconds: 3600 })
    expect(restoreSaved(site, { client_name: 'Gone' }, nobody)).toEqual(site)
  })

  test('takes nothing from a server that does not fit its field', () => {
    const site = aSite({ aliases: ['a.example.com'] })
    expect(restoreSaved(site, { aliases: ['../../etc'] }, nobody)).toEqual(site)
    const server = aServer()
    expect(restoreSaved(server, { remote_host: '-oProxyCommand=x' }, nobody)).toEqual(server)
    const platform = aPlatform()
    expect(restoreSaved(platform, { root: '/srv/../etc' }, nobody)).toEqual(platform)
    expect(restoreSaved(server, { http_service_type: 'nginx', http_port: 'x' }, nobody)).toEqual(
      server,
    )
  })
})
