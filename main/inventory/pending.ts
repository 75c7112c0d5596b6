import type { Id } from '#shared/domain/json.ts'
import type { HostingObject, ObjectKind, Site } from '#shared/domain/objects.ts'
import type { PendingChange, PendingChanges } from '#shared/domain/pending.ts'
import { maskSecrets } from '#shared/domain/secret-keys.ts'
import type { Task } from '#shared/domain/task.ts'
import { AppError } from '#shared/errors.ts'
import { listClientsTitled } from '../store/queries/clients.ts'
import { listRecentTasksOf, listUnfinishedTasksOf } from '../store/queries/tasks.ts'
import { ChangeSet } from '../store/store.ts'
import { cancelFollowers } from '../task/chain.ts'
import { UnitOfWork, type UnitParts } from '../task/unit-of-work.ts'
import { findNameProblems, findRedirectionProblems, getPresent } from './checks.ts'
import { diffOptions, restoreSaved } from './pending-changes.ts'
import { refuse } from './problem.ts'

/** What of an object is not yet on its server: what its backend was last told to keep against what it would be told now. */
export function findPendingChanges(parts: UnitParts, kind: ObjectKind, id: Id): PendingChanges {
  const unit = new UnitOfWork(parts)
  const object = unit.object(kind, id)
  const changes = changesOf(parts, unit, object)
  const carrier = listCarriers(parts, object)[0] ?? null
  return {
    changes: changes.map(({ key, saved, wanted }) => ({
      key,
      saved: maskSecrets(key, saved),
      wanted: maskSecrets(key, wanted),
    })),
    task: carrier,
    canTakeBack:
      changes.length > 0 &&
      carrier?.status !== 'processing' &&
      restore(parts, object) !== undefined,
  }
}

/**
 * Makes an object here again as its backend has it, and cancels the verify that an edit had queued for it. Where one
 * that failed may have left some of the change there, a verify puts that right and is returned. Throws `object.in-use`
 * while a task carries the change, `task.not-allowed` where nothing can be taken back, `input.invalid` where the former
 * names are another's by now.
 */
export async function takeBack(
  parts: UnitParts,
  kind: ObjectKind,
  id: Id,
): Promise<{ task: Task | null }> {
  const { store } = parts
  const unit = new UnitOfWork(parts)
  const object = getPresent(unit.object(kind, id))
  const carriers = listCarriers(parts, object)
  refuseRunning(object, carriers)
  const restored = restore(parts, object)
  if (restored === undefined) throw nothingToTakeBack(object)
  if (restored.kind === 'site') checkNames(restored, unit)
  unit.put(kind, { ...restored, changedAt: unit.now })
  const isAllBack = changesOf(parts, unit, restored).length === 0
  const isClean = isAllBack && !mayBeThere(parts, object)
  const change = new ChangeSet()
  if (isClean) dropVerifies(parts, change, carriers)
  const task =
    isClean || carriers.length > 0
      ? undefined
      : unit.addTaskOf({ object: restored, type: 'verify', values: {}, origin: 'edit' })
  await store.commit(unit.toChange(change))
  const kept = isClean ? undefined : (task ?? carriers[0])
  return { task: kept === undefined ? null : store.get('task', kept.id) }
}

function changesOf(
  { registry }: UnitParts,
  unit: UnitOfWork,
  object: HostingObject,
): PendingChange[] {
  if (object.savedOptions === null || object.status === 'deleted') return []
  return diffOptions(object.savedOptions, registry.contextOptions(object, unit).options)
}

/** The object as its backend has it; undefined where that would change nothing of what is sent. */
function restore(parts: UnitParts, object: HostingObject): HostingObject | undefined {
  if (object.savedOptions === null) return undefined
  const restored = restoreSaved(
    object,
    object.savedOptions,
    (title) => listClientsTitled(parts.store, title),
    parts.registry.services(),
  )
  const unit = new UnitOfWork(parts)
  const before = changesOf(parts, unit, object).length
  unit.put(restored.kind, restored)
  return changesOf(parts, unit, restored).length < before ? restored : undefined
}

/** Unfinished tasks that save the object's lasting facts, the running one first. */
const listCarriers = ({ store, registry }: UnitParts, { kind, id }: HostingObject): Task[] =>
  listUnfinishedTasksOf(store, id)
    .filter(({ type }) => registry.findTaskType(kind, type)?.savesContext === true)
    .toSorted((a, b) => Number(b.status === 'processing') - Number(a.status === 'processing'))

/** Whether the last task that began to save this object did not succeed: then nobody knows how far it came. */
function mayBeThere({ store, registry }: UnitParts, { kind, id }: HostingObject): boolean {
  const last = listRecentTasksOf(store, id).find(
    ({ type, attempts }) =>
      attempts > 0 && registry.findTaskType(kind, type)?.savesContext === true,
  )
  return last !== undefined && last.status !== 'success' && last.status !== 'warning'
}

/** What an edit had queued is not needed any more; what a person asked for stays. */
function dropVerifies(
  { store, now }: UnitParts,
  change: ChangeSet,
  carriers: readonly Task[],
): void {
  for (const task of carriers.filter(({ origin }) => origin === 'edit')) {
    const at = now()
    change.put('task', { ...task, status: 'cancelled', cancelRequestedAt: at, endedAt: at })
    cancelFollowers(store, change, task, at)
  }
}

function checkNames(site: Site, unit: UnitOfWork): void {
  refuse({ ...findNameProblems(site, unit), ...findRedirectionProblems(site) })
}

function refuseRunning(object: HostingObject, carriers: readonly Task[]): void {
  const running = carriers.find(({ status }) => status === 'processing')
  if (running === undefined) return
  throw new AppError(
    'object.in-use',
    `Task ${running.number} is telling the server of ${object.title}: wait for it or cancel it.`,
    { data: { taskId: running.id } },
  )
}

const nothingToTakeBack = ({ title, id }: HostingObject): AppError =>
  new AppError('task.not-allowed', `Nothing of ${title} can be taken back.`, { data: { id } })
