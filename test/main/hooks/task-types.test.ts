import { describe, expect, test } from 'vitest'
import type { Feature, TaskTypeDefinition } from '../../../main/hooks/feature.ts'
import type { Host, ReadingHost } from '../../../main/hooks/host.ts'
import type { HookProblem } from '../../../main/hooks/problem.ts'
import { HookRegistry } from '../../../main/hooks/registry.ts'
import { aServer, aSite } from '../../support/objects.ts'

const host = {} as ReadingHost
const verify: TaskTypeDefinition = {
  type: 'verify',
  objectKind: 'site',
  title: 'Verify',
  description: '',
  weight: 0,
  savesContext: true,
  refusal: () => null,
}
const base: Feature = { name: 'base', title: 'Base', taskTypes: [verify] }

function open(...features: Feature[]): { registry: HookRegistry; problems: HookProblem[] } {
  const problems: HookProblem[] = []
  const onProblem = (problem: HookProblem): void => void problems.push(problem)
  return { registry: new HookRegistry([base, ...features], { onProblem }), problems }
}
/** What only a program without types would do. */
const wrong = <Value>(value: unknown): Value => value as Value

describe('changing task types', () => {
  test('is done in turn, each feature seeing what those before left', () => {
    const { registry } = open(
      {
        name: 'a',
        title: 'A',
        changeTaskTypes: (types) => types.map((type) => ({ ...type, title: 'Look' })),
      },
      {
        name: 'b',
        title: 'B',
        changeTaskTypes: (types) =>
          types.map((type) => ({ ...type, title: `${type.title} twice` })),
      },
    )
    expect(registry.taskTypes('site').map(({ title }) => title)).toEqual(['Look twice'])
  })

  test.each<[string, NonNullable<Feature['changeTaskTypes']>]>([
    [
      'throws',
      () => {
        throw new Error('boo')
      },
    ],
    ['gives nothing', wrong(() => undefined)],
    ['gives what is no list', wrong(() => 7)],
    ['leaves a null among them', wrong(() => [null])],
    ['takes a refusal away', (types) => types.map((type) => ({ ...type, refusal: wrong(null) }))],
    [
      'changes what it was given in place and throws',
      (types) => {
        for (const type of types) type.title = 'spoilt'
        throw new Error('boo')
      },
    ],
  ])('a feature that %s is left out and named, and the others go on', (_, changeTaskTypes) => {
    const { registry, problems } = open({
      name: 'bad',
      title: 'Bad',
      changeTaskTypes,
    })
    expect(registry.getTaskType('site', 'verify').title).toBe('Verify')
    expect(problems).toMatchObject([{ feature: 'bad', hook: 'changeTaskTypes' }])
  })
})

describe('a task type that cannot say whether it is allowed', () => {
  test.each<[string, TaskTypeDefinition['refusal']]>([
    [
      'throws',
      () => {
        throw new Error('boo')
      },
    ],
    ['gives something else', wrong(() => 7)],
    ['gives a promise that fails', wrong(() => Promise.reject(new Error('late')))],
  ])('and %s, is not, and its feature is named', (_, refusal) => {
    const { registry, problems } = open({
      name: 'mine',
      title: 'Mine',
      taskTypes: [{ ...verify, type: 'own', refusal }],
    })
    expect(registry.getTaskType('site', 'own').refusal(aSite(), host)).toMatch(/^Mine could not/)
    expect(problems).toMatchObject([{ feature: 'mine', hook: 'own.refusal' }])
  })
})

describe('a task type whose function fails', () => {
  const boo = (): never => {
    throw new Error('boo')
  }
  const openMine = (facts: Partial<TaskTypeDefinition>) => {
    const { registry, problems } = open({
      name: 'mine',
      title: 'Mine',
      taskTypes: [{ ...verify, type: 'own', ...facts }],
    })
    return { type: registry.getTaskType('site', 'own'), problems }
  }

  test('in its check finds the form wrong, and is named', () => {
    const { type, problems } = openMine({ validate: boo })
    expect(type.validate?.({}, aSite(), host)).toEqual({ '': 'Mine could not check this: boo' })
    expect(problems).toMatchObject([{ feature: 'mine', hook: 'own.validate' }])
    expect(
      openMine({ validate: wrong(() => ({ field: 7 })) }).type.validate?.({}, aSite(), host),
    ).toHaveProperty('')
  })

  test('in what it would send or add stops the task with an error that names the feature', () => {
    const { type } = openMine({ args: wrong(() => [1]), options: boo, addTasks: boo })
    expect(() => type.args?.(aSite(), {}, host)).toThrow(/^Mine failed in own.args/)
    expect(() => type.options?.(aSite(), {}, host)).toThrow(/^Mine failed in own.options: boo/)
    expect(() => type.addTasks?.(aSite(), {}, host as Host)).toThrow(/^Mine failed in own.addTasks/)
  })
})

describe('context options', () => {
  test('what is no record is left out and named', () => {
    const { registry } = open({
      name: 'bad',
      title: 'Bad',
      contextOptions: wrong(() => Promise.resolve({ a: 1 })),
    })
    expect(registry.contextOptions(aSite(), host).problems).toMatchObject([{ feature: 'bad' }])
    const { registry: other } = open({
      name: 'worse',
      title: 'Worse',
      contextOptions: wrong(() => ({ when: () => 1 })),
    })
    expect(other.contextOptions(aSite(), host)).toMatchObject({
      options: {},
      problems: [{ feature: 'worse' }],
    })
  })

  test('the type of a service speaks after the features, of servers that carry it', () => {
    const { registry } = open(
      {
        name: 'services',
        title: 'Services',
        services: [
          {
            service: 'search',
            type: 'fast',
            title: 'Fast',
            description: '',
            defaultPort: 1,
            contextOptions: (options) => ({
              ...options,
              search_index: `${JSON.stringify(options['base'])}!`,
            }),
          },
        ],
      },
      { name: 'last', title: 'Last', contextOptions: (options) => ({ ...options, base: 'b' }) },
    )
    const services = { search: { type: 'fast', port: 1, restartCommand: null } }
    expect(registry.contextOptions(aServer({ services }), host).options).toEqual({
      base: 'b',
      search_index: '"b"!',
    })
    expect(registry.contextOptions(aServer({ services: {} }), host).options).toEqual({ base: 'b' })
  })

  test('a service whose feature is off is not spoken of', () => {
    const { registry } = open({
      name: 'servers',
      title: 'Servers',
      contextOptions: (options, object) => ({
        ...options,
        carries: object.kind === 'server' ? Object.keys(object.services) : [],
      }),
    })
    const services = { search: { type: 'fast', port: 1, restartCommand: null } }
    expect(registry.contextOptions(aServer({ services }), host).options).toEqual({ carries: [] })
  })
})
