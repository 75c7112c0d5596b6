import type { TaskDetails, TaskRow } from '#shared/contract/task.ts'
import { isEnded, type LogEntry } from '#shared/domain/task.ts'
import { AppError } from '#shared/errors.ts'
import type { CommandCall } from '../command-line.ts'
import { openDesk, type OpenDesk } from '../desk.ts'
import { print, toFacts, toTable } from '../print.ts'
import { readWish } from './task-wish.ts'

export async function taskCommand(call: CommandCall): Promise<number> {
  const [, action, ...words] = call.words
  await using desk = await openDesk(call.folder)
  if (action === 'list') return await listTasks(call, desk)
  if (action === 'add') return await addTask(call, desk, words)
  const task = await desk.calls.task.getByNumber({ number: numberOf(words[0]) })
  switch (action) {
    case 'show':
      print(call, task, () => toFacts(factsOf(task)))
      return 0
    case 'follow':
      return await followTask(call, desk, task.id)
    case 'cancel':
      await desk.calls.task.cancel({ id: task.id })
      break
    default:
      await desk.calls.task.retry({ id: task.id })
  }
  if (call.isFollowing || (action === 'cancel' && desk.app !== undefined))
    return await followTask(call, desk, task.id)
  const after = await desk.calls.task.get({ id: task.id })
  print(call, after, () => `Task ${after.number} is ${after.status}.\n`)
  return 0
}

async function listTasks(call: CommandCall, desk: OpenDesk): Promise<number> {
  const { items, total } = await desk.calls.task.list({ limit: 200 })
  const row = (task: TaskRow): string[] => [
    String(task.number),
    task.status,
    task.type,
    task.objectName,
    task.backendTitle,
    new Date(task.createdAt).toISOString(),
  ]
  print(call, { items, total }, () =>
    total === 0
      ? 'There is no task yet.\n'
      : toTable(['number', 'status', 'type', 'object', 'backend', 'created'], items.map(row)),
  )
  return 0
}

async function addTask(
  call: CommandCall,
  desk: OpenDesk,
  words: readonly string[],
): Promise<number> {
  const { object, type, values } = await readWish(call, desk, words)
  const task = await desk.calls.task.add({
    objectKind: object.kind,
    objectId: object.id,
    type,
    values,
    origin: 'command-line',
    confirmation: call.confirmation,
  })
  if (call.isFollowing) return await followTask(call, desk, task.id)
  print(call, task, () => `Task ${task.number} waits.\n`)
  return 0
}

/** Writes the log as it comes, then what the task came to. Exit 1 where it failed. */
async function followTask(call: CommandCall, desk: OpenDesk, id: string): Promise<number> {
  const { signal } = call.terminal
  desk.app?.startDispatching()
  let shown: { attemptId: string; from: number } | undefined
  for (;;) {
    const task = await desk.calls.task.get({ id })
    if (task.attemptId !== null) {
      if (shown?.attemptId !== task.attemptId) shown = { attemptId: task.attemptId, from: 0 }
      for await (const batch of await desk.calls.task.followLog(shown, { signal })) {
        for (const entry of batch) writeEntry(call, entry)
        shown.from += batch.length
      }
    }
    const after = await desk.calls.task.get({ id })
    if (isEnded(after.status)) return report(call, after)
    if (signal.aborted) return 0
    await nextChange(desk, id, signal)
  }
}

/** Waits until something about the task has changed since it was looked at. */
async function nextChange(desk: OpenDesk, id: string, signal: AbortSignal): Promise<void> {
  const leave = new AbortController()
  const timer = setTimeout(() => leave.abort(), 1000)
  try {
    const changes = await desk.calls.app.changes(undefined, {
      signal: AbortSignal.any([signal, leave.signal]),
    })
    for await (const change of changes) {
      if (change.event === 'stored' && change.table === 'task' && change.ids.includes(id)) return
    }
  } catch (error) {
    if (!leave.signal.aborted && !signal.aborted) throw error
  } finally {
    clearTimeout(timer)
    leave.abort()
  }
}

function writeEntry(call: CommandCall, entry: LogEntry): void {
  if (call.isJson) return call.terminal.write(`${JSON.stringify({ event: 'log', ...entry })}\n`)
  const { progress, level, text } = entry
  const prefix = progress === null ? level.padEnd(7) : `${progress.step}/${progress.of}`.padEnd(7)
  call.terminal.write(`${prefix}  ${text}\n`)
}

function report(call: CommandCall, task: TaskDetails): number {
  if (call.isJson) call.terminal.write(`${JSON.stringify({ event: 'ended', task })}\n`)
  else {
    const reason = task.errorMessage === null ? '' : `: ${task.errorMessage}`
    call.terminal.write(`${task.title} of ${task.objectTitle}: ${task.status}${reason}\n`)
  }
  return task.status === 'success' || task.status === 'warning' ? 0 : 1
}

function numberOf(typed: string | undefined): number {
  const number = Number(typed)
  if (typed !== undefined && /^\d{1,15}$/.test(typed)) return number
  throw new AppError(
    'input.invalid',
    `“${typed ?? ''}” is no task number. “hosting-desk task list” shows them.`,
  )
}

function factsOf(task: TaskDetails): Record<string, unknown> {
  const {
    number,
    title,
    objectTitle,
    backendTitle,
    status,
    origin,
    errorCode,
    errorMessage,
    history,
  } = task
  return {
    number,
    task: `${title} of ${objectTitle}`,
    backend: backendTitle,
    status,
    origin,
    created: new Date(task.createdAt).toISOString(),
    ended: task.endedAt === null ? null : new Date(task.endedAt).toISOString(),
    attempts: history.length,
    error: errorCode,
    message: errorMessage,
  }
}
