import path from 'node:path'
import type { MoveEvent } from '#shared/contract/site-move.ts'
import { toApplicationTitle } from '#shared/domain/applications.ts'
import type { Id } from '#shared/domain/json.ts'
import type { Backup, Platform, Site } from '#shared/domain/objects.ts'
import { isEnded, type Task } from '#shared/domain/task.ts'
import { AppError } from '#shared/errors.ts'
import { listBackups } from '../store/queries/backups.ts'
import type { Connection } from '../ssh/connection.ts'
import type { Tasks } from '../task/tasks.ts'
import { UnitOfWork, type UnitParts } from '../task/unit-of-work.ts'
import { carryFile, exec, incomingFile } from './carry-file.ts'
import type { Inventory } from './inventory.ts'
import { whatIsLeft, whatIsLeftOfOurs } from './move-report.ts'
import { forgetObject } from './removal.ts'

export interface SiteMovesParts extends UnitParts {
  tasks: Tasks
  inventory: Inventory
  connect: (backendId: Id) => Promise<Connection>
}

const STEPS = ['Back up', 'Carry over', 'Unpack', 'Import', 'Verify'] as const
/** A backup of our own is taken as it is. */
const STEPS_OF_OURS = ['Back up', 'Carry over', 'Import', 'Verify'] as const

/** Into "$2", which must not be there; "$1" goes. Who unpacks owns it all, and nothing lands elsewhere. */
const UNPACK = `
umask 077
[ ! -e "$2" ] || { echo "$2 is there already: remove it, or choose another platform." >&2; exit 1; }
mkdir -p "$2" && tar -x -f "$1" -C "$2" --no-same-owner --no-same-permissions || { rm -rf "$2"; exit 1; }
rm -f "$1"
chmod 711 "$2"
`

/** Nothing of this name is there. */
const IS_ABSENT = '[ ! -e "$1" ] || { echo "$1 is there already." >&2; exit 1; }'

/**
 * Moves sites to another server account of our own, from one of ours or of Aegir's, as copies: what is there stays as it is, so
 * that the way back is open until the person closes it. Neither server reaches the other: a backup is carried through this
 * computer, piece by piece. Steps that run on a server are tasks of their own; a move that was cut off is begun anew.
 */
export class SiteMoves {
  readonly #parts: SiteMovesParts

  constructor(parts: SiteMovesParts) {
    this.#parts = parts
  }

  async *move(
    wish: { siteId: Id; platformId: Id },
    signal?: AbortSignal,
  ): AsyncGenerator<MoveEvent, void> {
    const { site, target } = this.#check(wish)
    const isOurs = this.#parts.store.get('backend', site.backendId).dialect === 'native'
    yield* isOurs ? this.#moveOurs(site, target, signal) : this.#moveAegirs(site, target, signal)
  }

  async *#moveOurs(
    site: Site,
    target: Platform,
    signal?: AbortSignal,
  ): AsyncGenerator<MoveEvent, void> {
    const step = (at: number): MoveEvent => toStep(STEPS_OF_OURS, at)
    const { inventory, connect } = this.#parts
    yield step(0)
    const backup = await this.#backUp(site, target, signal)
    yield step(1)
    const from = await connect(site.backendId)
    const to = await connect(target.backendId)
    const file = `${to.far.home}/backups/${path.posix.basename(backup.file)}`
    await exec(to, { argv: [file], script: IS_ABSENT })
    // Only what has arrived as a whole has the name of a backup.
    const partial = `${file}.partial`
    try {
      const arriving = { connection: to, file: partial }
      yield* this.#carry({ connection: from, file: backup.file }, arriving, signal)
      await exec(to, { argv: ['mv', partial, file] })
      yield step(2)
      const { name, aliases, clientId, siteTitle } = site
      const wish = { name, platformId: target.id, clientId, aliases, siteTitle, backupFile: file }
      const added = await inventory.addSite(wish, 'user')
      await this.#untilImported(added, () => Promise.resolve(), signal)
      await this.#keepRedirection(added.site.id, site)
      yield step(3)
      await this.#untilSuccess(await this.#addTask(added.site.id, 'verify', {}), signal)
      yield { event: 'report', siteId: added.site.id, left: whatIsLeftOfOurs(site) }
    } finally {
      await this.#remove(target.backendId, [file, partial])
    }
  }

  /** What was on its way, and no more: over another connection where this one was cut. */
  async #remove(backendId: Id, files: readonly string[]): Promise<void> {
    try {
      const connection = await this.#parts.connect(backendId)
      await connection.exec({ argv: ['rm', '-f', ...files] })
    } catch {
      // Why the move has ended is more than why this is left.
    }
  }

  async *#carry(
    from: { connection: Connection; file: string },
    to: { connection: Connection; file: string },
    signal?: AbortSignal,
  ): AsyncGenerator<MoveEvent, void> {
    for await (const progress of carryFile(from, to, signal))
      yield { event: 'carried', ...progress }
  }

  async *#moveAegirs(
    site: Site,
    target: Platform,
    signal?: AbortSignal,
  ): AsyncGenerator<MoveEvent, void> {
    const step = (at: number): MoveEvent => toStep(STEPS, at)
    const { inventory, connect } = this.#parts
    yield step(0)
    const backup = await this.#backUp(site, target, signal)
    yield step(1)
    const to = await connect(target.backendId)
    const file = incomingFile(to)
    const folder = `${to.far.home}/sites/${site.name}`
    try {
      const from = await connect(site.backendId)
      yield* this.#carry({ connection: from, file: backup.file }, { connection: to, file }, signal)
      yield step(2)
      await exec(to, { argv: [file, folder], script: UNPACK })
    } finally {
      await this.#remove(target.backendId, [file])
    }
    yield step(3)
    const { aliases, clientId, siteTitle } = site
    const added = await inventory.addSite(
      { name: site.name, platformId: target.id, clientId, aliases, siteTitle, isThere: true },
      'user',
    )
    const dropFolder = () => exec(to, { argv: ['rm', '-rf', folder] })
    await this.#untilImported(added, dropFolder, signal)
    await this.#keepRedirection(added.site.id, site)
    yield step(4)
    const verify = await this.#addTask(added.site.id, 'verify', {})
    await this.#untilSuccess(verify, signal)
    const moved = this.#parts.store.get('site', added.site.id)
    // What has a slot was copied into it; what it was copied from holds a dump, and goes.
    if (moved.slot !== null) await dropFolder()
    yield { event: 'report', siteId: moved.id, left: whatIsLeft(site) }
  }

  #check({ siteId, platformId }: { siteId: Id; platformId: Id }): { site: Site; target: Platform } {
    const { store } = this.#parts
    const unit = new UnitOfWork(this.#parts)
    const site = unit.get('site', siteId)
    const target = unit.get('platform', platformId)
    const source = unit.get('platform', site.platformId)
    if (target.backendId === site.backendId)
      throw refusal(`${target.title} is on the same server account: migrate the site instead.`)
    if (store.get('backend', target.backendId).dialect !== 'native')
      throw refusal(`${target.title} is on a server of Aegir’s as well: migrate the site instead.`)
    if (target.status !== 'enabled') throw refusal(`${target.title} takes no sites at the moment.`)
    if (target.application !== source.application)
      throw refusal(
        `${target.title} carries ${titleOf(target) ?? 'nothing known'}, the site needs ${titleOf(source) ?? 'something unknown'}.`,
      )
    return { site, target }
  }

  async #backUp(site: Site, target: Platform, signal?: AbortSignal): Promise<Backup> {
    const description = `Before the move to ${target.title}`
    const task = await this.#addTask(site.id, 'backup', { description })
    await this.#untilSuccess(task, signal)
    const { items } = listBackups(this.#parts.store, { siteId: site.id, offset: 0, limit: 1000 })
    const backup = items.find(({ taskId }) => taskId === task.id)
    if (backup !== undefined) return backup
    throw new AppError(
      'backend.no-result',
      `The backup of ${site.title} did not say where it lies.`,
    )
  }

  async #keepRedirection(siteId: Id, { redirection }: Site): Promise<void> {
    if (redirection === null) return
    const unit = new UnitOfWork(this.#parts)
    unit.put('site', { ...unit.get('site', siteId), redirection })
    await this.#parts.store.commit(unit.toChange())
  }

  #addTask(siteId: Id, type: string, values: Task['values']): Promise<Task> {
    return this.#parts.tasks.add({
      objectKind: 'site',
      objectId: siteId,
      type,
      values,
      origin: 'user',
    })
  }

  /**
   * Resolves once the import has ended well. Where it has ended in failure, what was brought goes again, so that the move can be
   * begun anew; where it may still run, all stays as it is.
   */
  async #untilImported(
    { site, task }: { site: Site; task: Task },
    dropBrought: () => Promise<unknown>,
    signal?: AbortSignal,
  ): Promise<void> {
    try {
      await this.#untilSuccess(task, signal)
    } catch (error) {
      const { store } = this.#parts
      const isOver = isEnded(store.find('task', task.id)?.status ?? 'queued')
      if (!isOver) throw error
      await dropBrought()
      await forgetObject(store, 'site', site.id)
      throw error
    }
  }

  /** Resolves once the task has ended well; throws with its own words where it has not. */
  async #untilSuccess({ id }: Task, signal?: AbortSignal): Promise<void> {
    const task = await this.#untilEnded(id, signal)
    if (task.status === 'success' || task.status === 'warning') return
    throw new AppError(
      'backend.refused',
      `Task ${task.number} (${task.type}) ended with ${task.status}: ${task.errorMessage ?? ''}`,
      { data: { taskId: id } },
    )
  }

  #untilEnded(id: Id, signal?: AbortSignal): Promise<Task> {
    const { store } = this.#parts
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const task = store.find('task', id)
        if (task === undefined) finish(() => reject(refusal('The task was removed.')))
        else if (isEnded(task.status)) finish(() => resolve(task))
      }
      const onAbort = (): void => finish(() => reject(signal?.reason as Error))
      const stop = store.changed.add(look)
      const finish = (settle: () => void): void => {
        stop()
        signal?.removeEventListener('abort', onAbort)
        settle()
      }
      signal?.addEventListener('abort', onAbort)
      look()
    })
  }
}

const toStep = (steps: readonly string[], at: number): MoveEvent => ({
  event: 'step',
  step: at + 1,
  of: steps.length,
  title: steps[at] ?? '',
})

const refusal = (message: string): AppError => new AppError('task.not-allowed', message)

const titleOf = ({ application }: Platform): string | undefined =>
  application === null ? undefined : toApplicationTitle(application)
