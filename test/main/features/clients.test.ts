import { describe, expect, test } from 'vitest'
import { clientQuotas, refusalOfSite } from '../../../main/features/clients.ts'
import { shippedFeatures } from '../../../main/features/shipped.ts'
import type { ReadingHost } from '../../../main/hooks/host.ts'
import { HookRegistry } from '../../../main/hooks/registry.ts'
import { anId, aSite } from '../../support/objects.ts'
import { aClient } from '../../support/rows.ts'

describe('the quota of a client', () => {
  test.each([
    [null, 1000, undefined],
    [3, 2, undefined],
    [3, 3, 'Acme may have 3 sites and has 3.'],
    [3, 5, 'Acme may have 3 sites and has 5.'],
    [1, 1, 'Acme may have one site and has 1.'],
    [0, 0, 'Acme may have no sites.'],
  ])('of %j sites with %j there', (siteQuota, count, refusal) => {
    const use = { sites: count, sizeBytes: 0, addedBytes: 0 }
    expect(refusalOfSite(aClient({ siteQuota }), use)).toBe(refusal)
  })

  test.each([
    [null, 9e12, 0, undefined],
    [2_000_000_000, 1_999_999_999, 0, undefined],
    [2_000_000_000, 2_000_000_000, 0, 'Acme may use 2 GB and uses 2 GB.'],
    [2_000_000_000, 1_500_000_000, 500_000_000, undefined],
    [
      2_000_000_000,
      1_500_000_000,
      600_000_000,
      'Acme may use 2 GB and uses 1.5 GB: a copy of 600 MB is too much.',
    ],
    [0, 0, 0, 'Acme may use 0 bytes and uses 0 bytes.'],
  ])(
    'of %j bytes with %j in use and %j to come',
    (diskQuotaBytes, sizeBytes, addedBytes, refusal) => {
      const use = { sites: 1, sizeBytes, addedBytes }
      expect(refusalOfSite(aClient({ diskQuotaBytes }), use)).toBe(refusal)
    },
  )

  const site = aSite({ clientId: anId(6) })
  const host = {
    find: () => aClient({ siteQuota: 1 }),
    sitesOfClient: () => [site],
  } as unknown as ReadingHost
  const validate = (features: HookRegistry) =>
    features.getTaskType('site', 'install').validate?.({}, site, host) ?? {}

  test('does not count the site itself, and not at all where the feature is off', () => {
    const other = aSite({ id: anId(77), clientId: anId(6) })
    const on = new HookRegistry(shippedFeatures)
    expect(validate(on)).toEqual({})
    const ask = (registry: HookRegistry) =>
      registry.getTaskType('site', 'install').validate?.({}, other, host) ?? {}
    expect(ask(on)).toEqual({ clientId: 'Acme may have one site and has 1.' })
    const isOn = ({ name }: { name: string }) => name !== clientQuotas.name
    expect(ask(new HookRegistry(shippedFeatures, { isOn }))).toEqual({})
  })

  test('counts what is known of the sizes of its sites, and the copy that is to be made', () => {
    const measured = aSite({ clientId: anId(6), sizeBytes: 700 })
    const client = aClient({ diskQuotaBytes: 1000 })
    const reading = {
      find: () => client,
      sitesOfClient: () => [measured, aSite({ id: anId(77) })],
      platformsOn: () => [],
      refusalOfDomain: () => undefined,
    } as unknown as ReadingHost
    const clone = new HookRegistry(shippedFeatures).getTaskType('site', 'clone')
    const check = (of: typeof measured) =>
      clone.validate?.({ newName: 'copy.example.com' }, of, reading)
    expect(check(measured)).toMatchObject({
      newName: 'Acme may use 1 kB and uses 700 bytes: a copy of 700 bytes is too much.',
    })
    expect(check({ ...measured, sizeBytes: 300 })).toEqual({})
  })
})
