import type { OfferedTask } from '#shared/contract/task.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { ObjectKind } from '#shared/domain/objects.ts'
import { maskSecrets } from '#shared/domain/secret-keys.ts'
import type { Attempt, Task } from '#shared/domain/task.ts'
import { AppError } from '#shared/errors.ts'
import { listAttempts, listTasks, findTaskByNumber } from '../store/queries/tasks.ts'
import { UnitOfWork } from '../task/unit-of-work.ts'
import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'
import { toTaskRow } from './rows.ts'

export function taskCalls(desk: Desk, parts: RpcParts) {
  const { task } = desk
  const { store, logs, tasks, previews } = parts
  const details = (row: Task) => ({
    ...toTaskRow(parts, row),
    history: listAttempts(store, row.id).map(withoutSecrets),
  })
  return {
    task: task.router({
      list: task.list.handler(({ input }) => {
        const { items, total } = listTasks(store, input)
        return { items: items.map((row) => toTaskRow(parts, row)), total }
      }),
      get: task.get.handler(({ input }) => details(store.get('task', input.id))),
      getByNumber: task.getByNumber.handler(({ input }) => {
        const found = findTaskByNumber(store, input.number)
        if (found !== undefined) return details(found)
        throw new AppError('object.not-found', `There is no task ${input.number}.`)
      }),
      offered: task.offered.handler(({ input }) => offeredTasks(parts, input)),
      add: task.add.handler(({ input }) => {
        const { confirmation, ...wish } = input
        return tasks.add({ ...wish, ...(confirmation === undefined ? {} : { confirmation }) })
      }),
      preview: task.preview.handler(async ({ input, signal }) => {
        const { changes, warnings, refusal } = await previews.preview(input, signal)
        return { changes: [...changes], warnings: [...warnings], refusal }
      }),
      loginLink: task.loginLink.handler(({ input }) => parts.loginLinks.find(input.id)),
      forgetLoginLink: task.forgetLoginLink.handler(async ({ input }) => {
        await parts.loginLinks.forget(input.id)
        return {}
      }),
      cancel: task.cancel.handler(({ input }) => tasks.cancel(input.id)),
      retry: task.retry.handler(({ input }) => tasks.retry(input.id)),
      log: task.log.handler(({ input: { attemptId, from, limit, levels } }) =>
        logs.page(attemptId, from, limit, levels),
      ),
      followLog: task.followLog.handler(async function* ({ input, signal }) {
        yield* logs.follow(input.attemptId, input.from, signal)
      }),
      watchLog: task.watchLog.handler(async function* ({ input, signal }) {
        yield* logs.watch(input.attemptId, signal)
      }),
      findInLog: task.findInLog.handler(({ input: { attemptId, levels, from, step } }) => ({
        index: logs.findNext(attemptId, levels, from, step) ?? null,
      })),
      placeInLog: task.placeInLog.handler(({ input: { attemptId, levels, index } }) => ({
        place: logs.placeOf(attemptId, levels, index),
      })),
      searchLog: task.searchLog.handler(async function* ({ input, signal }) {
        yield* logs.search(input.attemptId, input, signal)
      }),
    }),
  }
}

/** What was sent, as it may be shown: a secret that a feature put there is dots. */
function withoutSecrets(attempt: Attempt): Attempt {
  const { sent } = attempt
  const masked = (options: JsonRecord): JsonRecord =>
    Object.fromEntries(
      Object.entries(options).map(([key, value]) => [key, maskSecrets(key, value)]),
    )
  return {
    ...attempt,
    sent: {
      ...sent,
      options: masked(sent.options),
      contexts: sent.contexts.map(({ name, options }) => ({ name, options: masked(options) })),
    },
  }
}

function offeredTasks(
  { registry, unit, tasks, previews }: RpcParts,
  wish: { objectKind: ObjectKind; objectId: string; includesHidden: boolean },
): OfferedTask[] {
  const host = new UnitOfWork(unit)
  const object = host.object(wish.objectKind, wish.objectId)
  return registry
    .taskTypes(wish.objectKind)
    .filter((type) => wish.includesHidden || type.isHidden !== true)
    .map((type) => ({
      type: type.type,
      title: type.title,
      description: type.description,
      weight: type.weight,
      form: type.form ?? { fields: [] },
      isDangerous: type.isDangerous ?? false,
      hasDialog: type.hasDialog ?? false,
      refusal: tasks.refusalOf(object, type, host),
      canPreview: previews.isOffered(object, type),
    }))
}
