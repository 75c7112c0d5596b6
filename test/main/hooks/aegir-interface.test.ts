import { describe, expect, test } from 'vitest'
import type { FormProblems } from '#shared/domain/form.ts'
import type { Feature } from '../../../main/hooks/feature.ts'
import { defineTaskType } from '../../../main/hooks/feature.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { finishTask } from '../../../main/task/finish.ts'
import { collectRequest } from '../../../main/task/request.ts'
import { Tasks } from '../../../main/task/tasks.ts'
import { UnitOfWork } from '../../../main/task/unit-of-work.ts'
import { aRunner, OK } from '../../support/fake-backend.ts'
import { anId, aSite, aTask } from '../../support/objects.ts'
import { anAttempt } from '../../support/rows.ts'

/** A feature with one task type of its own on sites, and whatever else the test gives it. */
const aFeature = (facts: Partial<Feature> = {}): Feature => ({
  name: 'tested',
  title: 'Tested',
  taskTypes: [
    defineTaskType<'site'>({
      type: 'paint',
      objectKind: 'site',
      title: 'Paint',
      description: 'Paint the site.',
      weight: 5,
      savesContext: true,
      form: { fields: [{ name: 'colour', type: 'text', label: 'Colour', isRequired: true }] },
      validate: ({ colour }, site): FormProblems =>
        colour === 'invisible' ? { colour: `${site.name} would not be seen.` } : {},
      refusal: (site) => (site.status === 'enabled' ? null : 'It is not enabled.'),
      args: (_site, { colour }) => [typeof colour === 'string' ? colour : ''],
      options: () => ({ coats: 2 }),
    }),
  ],
  ...facts,
})

const paint = (values = { colour: 'red' }) => ({
  objectKind: 'site' as const,
  objectId: anId(4),
  type: 'paint',
  values,
  origin: 'user' as const,
})

async function tasksWith(...features: Feature[]) {
  const { parts, store } = await aRunner(features)
  return { tasks: new Tasks(parts), parts, store }
}

describe('the interface between frontend and backend', () => {
  test('a task type that a feature declares is offered on its kind of object', async () => {
    const { parts } = await tasksWith(aFeature())
    expect(parts.registry.taskTypes('site').map(({ type }) => type)).toEqual(['paint'])
    expect(parts.registry.taskTypes('server')).toEqual([])
  })

  test('a task type’s form is checked before anything is stored, each problem at its field', async () => {
    const { tasks, store } = await tasksWith(aFeature())
    await expect(tasks.add({ ...paint(), values: {} })).rejects.toMatchObject({
      code: 'input.invalid',
      data: { problems: { colour: 'Colour is needed.' } },
    })
    expect(store.select('task', '')).toEqual([])
  })

  test('a task type’s own validation sees the values and the object', async () => {
    const { tasks } = await tasksWith(aFeature())
    await expect(tasks.add(paint({ colour: 'invisible' }))).rejects.toMatchObject({
      data: { problems: { colour: 'www.example.com would not be seen.' } },
    })
    expect(await tasks.add(paint())).toMatchObject({ status: 'queued', values: { colour: 'red' } })
  })

  test('what is sent are the lasting facts to save, the arguments and the options of this run', async () => {
    const feature = aFeature({ contextOptions: (options) => ({ ...options, painted: true }) })
    const { parts } = await tasksWith(feature)
    const type = parts.registry.getTaskType('site', 'paint')
    const task = aTask({ type: 'paint', values: { colour: 'red' } })
    expect(collectRequest(task, type, parts.registry, new UnitOfWork(parts)).sent).toEqual({
      command: 'paint',
      args: ['red'],
      options: { coats: 2 },
      contexts: [{ name: 'www.example.com', options: { painted: true } }],
    })
  })

  test('a dangerous task is refused on a guarded object, and on no other', async () => {
    const guarded = aFeature({ guardedObjects: () => [anId(4)], dangerousTasks: () => ['paint'] })
    await expect((await tasksWith(guarded)).tasks.add(paint())).rejects.toMatchObject({
      code: 'task.not-allowed',
    })
    const elsewhere = aFeature({ guardedObjects: () => [anId(9)], dangerousTasks: () => ['paint'] })
    expect((await (await tasksWith(elsewhere)).tasks.add(paint())).status).toBe('queued')
    const harmless = aFeature({ guardedObjects: () => [anId(4)] })
    expect((await (await tasksWith(harmless)).tasks.add(paint())).status).toBe('queued')
  })

  test('after a task, success and failure are told apart, and the stored status in every case', async () => {
    const told: string[] = []
    const feature = aFeature({
      afterTask: ({ type }) => void told.push(`after ${type}`),
      afterRollback: ({ type }, { code }) => void told.push(`rollback ${type} ${code}`),
      taskStatusChanged: ({ type }, status) => void told.push(`${type} is ${status}`),
    })
    const end = async (outcome: Parameters<typeof finishTask>[3]) => {
      const task = aTask({ type: 'paint', status: 'processing', attemptId: anId(8), attempts: 1 })
      const change = new ChangeSet().put('task', task).put('attempt', anAttempt())
      const { parts } = await aRunner([feature], change)
      await finishTask(parts, task.id, anId(8), outcome)
    }
    await end(OK)
    await end({ isOk: false, code: 'PAINT_DRIED', message: '', contexts: [], removedContexts: [] })
    expect(told).toEqual([
      'after paint',
      'paint is success',
      'rollback paint PAINT_DRIED',
      'paint is error',
    ])
  })

  test('an imported object goes through every feature, and stays the object that it is', async () => {
    const { parts } = await tasksWith(
      aFeature({ importContext: (object) => ({ ...object, title: 'Imported' }) }),
      {
        name: 'thief',
        title: 'Thief',
        importContext: (object) => ({ ...object, id: anId(99) }),
      },
    )
    const context = { format: 1, name: 'www.example.com', type: 'site' as const, options: {} }
    const { object, problems } = parts.registry.importedObject(
      aSite(),
      context,
      new UnitOfWork(parts),
    )
    expect(object).toMatchObject({ id: anId(4), title: 'Imported' })
    expect(problems).toMatchObject([{ feature: 'thief', hook: 'importContext' }])
  })

  test('a host name is refused where one feature says no', async () => {
    const { parts } = await tasksWith(
      aFeature({ allowDomain: (name) => (name.endsWith('.test') ? 'Not a test.' : true) }),
    )
    const options = { for: null, backendId: anId(1), host: new UnitOfWork(parts) }
    expect(parts.registry.refusalOfDomain('a.test', options)).toBe('Not a test.')
    expect(parts.registry.refusalOfDomain('a.example', options)).toBeUndefined()
  })
})
