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
    expect(refusalOfSite(aClient({ siteQuota }), count)).toBe(refusal)
  })

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
})
