import { describe, expect, test } from 'vitest'
import type { Feature } from '../../../main/hooks/feature.ts'
import type { ReadingHost } from '../../../main/hooks/host.ts'
import { orderFeatures } from '../../../main/hooks/order.ts'
import { HookRegistry } from '../../../main/hooks/registry.ts'
import { tell } from '../../../main/hooks/tell.ts'
import { aSite, anId } from '../../support/objects.ts'

const aFeature = (name: string, facts: Partial<Feature> = {}): Feature => ({
  name,
  title: name,
  ...facts,
})
const host = {} as ReadingHost

describe('the order of features', () => {
  test('is that of registration, but each behind what it requires', () => {
    const features = [aFeature('b', { requires: ['c'] }), aFeature('a'), aFeature('c')]
    expect(orderFeatures(features).map(({ name }) => name)).toEqual(['c', 'b', 'a'])
  })

  test('a missing requirement and a circle are refused by name', () => {
    expect(() => orderFeatures([aFeature('a', { requires: ['gone'] })])).toThrow(/a requires gone/)
    const circle = [aFeature('a', { requires: ['b'] }), aFeature('b', { requires: ['a'] })]
    expect(() => orderFeatures(circle)).toThrow(/a, b, a/)
  })
})

describe('asking for context options', () => {
  test('each feature sees what those before gave and may change it', () => {
    const registry = new HookRegistry([
      aFeature('a', { contextOptions: (options) => ({ ...options, uri: 'a', extra: 1 }) }),
      aFeature('b', {
        contextOptions: (options) => ({
          ...options,
          uri: `${options['uri'] === 'a' ? 'a' : '?'}b`,
        }),
      }),
    ])
    expect(registry.contextOptions(aSite(), host)).toEqual({
      options: { uri: 'ab', extra: 1 },
      problems: [],
    })
  })

  test('a feature that throws is left out and named', () => {
    const registry = new HookRegistry([
      aFeature('good', { contextOptions: () => ({ uri: 'good' }) }),
      aFeature('bad', {
        contextOptions() {
          throw new Error('no')
        },
      }),
    ])
    expect(registry.contextOptions(aSite(), host)).toEqual({
      options: { uri: 'good' },
      problems: [{ feature: 'bad', hook: 'contextOptions', message: 'no' }],
    })
  })
})

describe('asking whether a host name may be used', () => {
  test('one no is enough, and a feature that throws counts as one', () => {
    const yes = aFeature('yes', { allowDomain: () => true })
    const no = aFeature('no', { allowDomain: () => 'Not on Fridays.' })
    const broken = aFeature('broken', {
      allowDomain() {
        throw new Error('bug')
      },
    })
    const ask = (...features: Feature[]) =>
      new HookRegistry(features).refusalOfDomain('a.example', {
        for: null,
        backendId: anId(1),
        host,
      })
    expect(ask(yes)).toBeUndefined()
    expect(ask(yes, no)).toBe('Not on Fridays.')
    expect(ask(yes, broken)).toMatch(/broken.*bug/)
  })
})

describe('telling a feature', () => {
  test('one that throws or is late is named; one that is done is not', async () => {
    expect(await tell(aFeature('a'), 'afterTask', () => Promise.resolve())).toBeUndefined()
    expect(
      await tell(aFeature('a'), 'afterTask', () => Promise.reject(new Error('no'))),
    ).toMatchObject({
      feature: 'a',
      message: 'no',
    })
    const never = () => new Promise<void>(() => undefined)
    expect(await tell(aFeature('a'), 'afterTask', never, 5)).toMatchObject({ feature: 'a' })
  })
})
