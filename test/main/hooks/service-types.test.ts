import { describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { ServiceSettings } from '#shared/domain/objects.ts'
import { shippedServices } from '../../../main/features/services.ts'
import type { ServiceTypeDefinition } from '../../../main/hooks/feature.ts'
import type { ReadingHost } from '../../../main/hooks/host.ts'
import { HookRegistry } from '../../../main/hooks/registry.ts'
import {
  checkServices,
  parseServices,
  toServiceOptions,
  withChosenValues,
} from '../../../main/hooks/service-types.ts'
import { aServer } from '../../support/objects.ts'

const SHIPPED = shippedServices.services ?? []
const search: ServiceTypeDefinition = {
  service: 'search',
  type: 'fast',
  title: 'Fast',
  description: '',
  defaultPort: 9200,
  defaultRestartCommand: '/usr/bin/true',
  form: { fields: [{ name: 'search_index', type: 'text', label: 'Index', default: 'main' }] },
}
const plain = (type: string, facts: Partial<ServiceSettings> = {}): ServiceSettings => ({
  type,
  port: null,
  restartCommand: null,
  ...facts,
})
const optionsOf = (
  services: Record<string, ServiceSettings>,
  savedOptions: JsonRecord | null = null,
) => toServiceOptions(aServer({ services, savedOptions }), [search])

describe('what is sent of a service', () => {
  test('are its type, its port, its restart command, and the values of its form', () => {
    const carried = plain('fast', { port: 1, restartCommand: '/x', values: { search_index: 'b' } })
    expect(optionsOf({ search: carried })).toEqual({
      search_service_type: 'fast',
      search_port: 1,
      search_restart_cmd: '/x',
      search_index: 'b',
    })
  })

  test('that is not there is that it is none, once for each kind that is known', () => {
    expect(optionsOf({})).toEqual({ search_service_type: null })
  })

  test('that is not there any more is also that each of its keys is unset', () => {
    const saved = { search_service_type: 'fast', search_index: 'b', search_port: 1, other: 2 }
    expect(optionsOf({}, saved)).toEqual({
      search_service_type: null,
      search_index: null,
      search_port: null,
    })
  })

  test('has no port and no restart command where its type has none', () => {
    const types = SHIPPED.filter(({ type }) => type === 'acme')
    const services = { certificate: plain('acme', { values: { acme_directory: 'https://a' } }) }
    expect(toServiceOptions(aServer({ services }), types)).toEqual({
      certificate_service_type: 'acme',
      acme_directory: 'https://a',
      acme_email: null,
    })
  })

  test('reads back to what is stored', () => {
    const services = {
      search: plain('fast', { port: 1, restartCommand: '/x', values: { search_index: 'b' } }),
    }
    expect(parseServices(optionsOf(services), [search])).toEqual(services)
  })
})

describe('what a backend chose of a service', () => {
  test('is taken over where nothing was said here, and nowhere else', () => {
    const savedOptions = { search_service_type: 'fast', search_index: 'theirs' }
    const chosen = (settings: ServiceSettings) =>
      withChosenValues(aServer({ services: { search: settings }, savedOptions }), [search])
    expect(chosen(plain('fast'))).toMatchObject({ search: { values: { search_index: 'theirs' } } })
    const own = plain('fast', { values: { search_index: 'ours' } })
    expect(chosen(own)).toEqual({ search: own })
    expect(chosen(plain('slow'))).toEqual({ search: plain('slow') })
  })
})

describe('services as they are stored', () => {
  test('have the port, the restart command and the values that their types begin with', () => {
    expect(checkServices({ search: plain('fast') }, [search])).toEqual({
      services: {
        search: plain('fast', {
          port: 9200,
          restartCommand: '/usr/bin/true',
          values: { search_index: 'main' },
        }),
      },
      problems: {},
    })
  })

  test('are refused where nobody offers their type, or a value does not fit', () => {
    const services = {
      http: plain('apache'),
      search: plain('fast', { values: { search_index: 7, unknown: 1 } }),
    }
    expect(checkServices(services, [...SHIPPED, search]).problems).toEqual({
      'services.http.type': 'There is no http service of type apache.',
      'services.search.values.search_index': 'Index is a text.',
    })
  })

  test.each([
    [{ acme_directory: 'http://plain.example' }, 'acme_directory'],
    [{ acme_directory: 'https://a.example', acme_email: 'nobody' }, 'acme_email'],
  ])('of certificates are refused with %j', (values, field) => {
    const registry = new HookRegistry([{ ...shippedServices, requires: [] }])
    const server = aServer({ services: { certificate: plain('acme', { values }) } })
    const problems = registry.serviceProblems('certificate', server, {} as ReadingHost)
    expect(Object.keys(problems)).toEqual([field])
  })

  test('of a type that cannot check them are refused, and the feature is named', () => {
    const onProblem = (problem: unknown): void => void told.push(problem)
    const told: unknown[] = []
    const fail = (): never => {
      throw new Error('boo')
    }
    const registry = new HookRegistry(
      [{ name: 'mine', title: 'Mine', services: [{ ...search, validate: fail, view: fail }] }],
      { onProblem },
    )
    const server = aServer({ services: { search: plain('fast') } })
    const host = {} as ReadingHost
    expect(registry.serviceProblems('search', server, host)).toEqual({
      type: 'Mine could not check this: boo',
    })
    expect(registry.serviceFacts('search', server, host)).toEqual([])
    expect(told).toMatchObject([
      { feature: 'mine', hook: 'search.validate' },
      { feature: 'mine', hook: 'search.view' },
    ])
  })
})
