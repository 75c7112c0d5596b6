import { Notification } from 'electron'
import type { BackendState } from '#shared/domain/objects.ts'
import { isEnded } from '#shared/domain/task.ts'
import type { Change } from '#shared/contract/app.ts'
import type { TaskRow } from '#shared/contract/task.ts'
import type { SettingValues } from '#shared/domain/settings.ts'
import { needOf, noticeOfNeed, noticesOfEnds, type Notice } from './notices.ts'

export interface DeskNotifierParts {
  /** Tasks that have not ended. */
  open: () => Promise<readonly { id: string }[]>
  task: (id: string) => Promise<TaskRow | undefined>
  backend: (id: string) => Promise<{ title: string } | undefined>
  settings: () => Promise<SettingValues>
  isInFront: () => boolean
  /** A click on a notice. */
  go: (route: string) => void
}

/** Tasks that end within this time are told of together. */
const GATHER_MS = 1_500

/**
 * Tells the person, by the system's notifications, of tasks that end and of servers that need something. A task is told
 * of once an end: it is `open` from when it was seen to wait or run until it was seen to have ended.
 */
export class DeskNotifier {
  readonly #parts: DeskNotifierParts
  readonly #open = new Set<string>()
  readonly #needs = new Map<string, string>()
  /** Kept, or the garbage collector takes them and their clicks lead nowhere. */
  readonly #shown = new Set<Notification>()
  readonly #ended: TaskRow[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(parts: DeskNotifierParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    for (const { id } of await this.#parts.open()) this.#open.add(id)
  }

  changed(change: Change): void {
    const work =
      change.event === 'stored' && change.table === 'task'
        ? this.#lookAt(change.ids)
        : change.event === 'backend'
          ? this.#lookAtBackend(change.state)
          : undefined
    work?.catch((error: unknown) => console.error(error))
  }

  close(): void {
    clearTimeout(this.#timer)
    for (const notification of this.#shown) notification.close()
  }

  async #lookAt(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const task = await this.#parts.task(id)
      if (task === undefined) this.#open.delete(id)
      else if (!isEnded(task.status)) this.#open.add(id)
      else if (this.#open.delete(id)) this.#gather(task)
    }
  }

  #gather(task: TaskRow): void {
    this.#ended.push(task)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#tellEnds().catch((error: unknown) => console.error(error))
    }, GATHER_MS)
  }

  async #tellEnds(): Promise<void> {
    const ended = this.#ended.splice(0)
    const settings = await this.#parts.settings()
    for (const notice of noticesOfEnds(ended, settings, this.#parts.isInFront())) this.#show(notice)
  }

  async #lookAtBackend(state: BackendState): Promise<void> {
    const { backendId } = state
    const need = needOf(state)
    const before = this.#needs.get(backendId)
    if (need === undefined) {
      // While it is tried again nothing is known; only a connection says that the need is over.
      if (state.connection === 'open') this.#needs.delete(backendId)
      return
    }
    this.#needs.set(backendId, need)
    if (need === before) return
    const backend = await this.#parts.backend(backendId)
    const notice = backend && noticeOfNeed(backend, state, await this.#parts.settings())
    if (notice !== undefined) this.#show(notice)
  }

  #show({ title, body, route }: Notice): void {
    if (!Notification.isSupported()) return
    const notification = new Notification({ title, body })
    this.#shown.add(notification)
    notification.on('click', () => this.#parts.go(route))
    notification.on('close', () => this.#shown.delete(notification))
    notification.show()
  }
}
