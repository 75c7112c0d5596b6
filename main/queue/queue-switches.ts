import type { QueueSettings } from '#shared/domain/queue.ts'
import { AppError } from '#shared/errors.ts'
import type { HookRegistry } from '../hooks/registry.ts'
import { ChangeSet, type Store } from '../store/store.ts'

const ALL_PAUSED = 'dispatch.isPaused'
const SEEN = 'application.isSeen'

/** What the operator has set of queues, over what features declare: pause as a whole and by queue, items. */
export class QueueSwitches {
  readonly #store: Store
  readonly #registry: HookRegistry

  constructor({ store, registry }: { store: Store; registry: HookRegistry }) {
    this.#store = store
    this.#registry = registry
  }

  get isPausedAsAWhole(): boolean {
    return this.#store.find('setting', ALL_PAUSED)?.value === true
  }

  async setPausedAsAWhole(isPaused: boolean): Promise<void> {
    await this.#store.commit(new ChangeSet().put('setting', { name: ALL_PAUSED, value: isPaused }))
  }

  /** Whether nothing of this queue is to start. */
  isPaused(name: string): boolean {
    return this.isPausedAsAWhole || this.#settingsOf(name).isPaused
  }

  async setPaused(name: string, isPaused: boolean): Promise<void> {
    await this.#store.commit(new ChangeSet().put('queue', { ...this.#settingsOf(name), isPaused }))
  }

  async setItems(name: string, items: number | null): Promise<void> {
    await this.#store.commit(new ChangeSet().put('queue', { ...this.#settingsOf(name), items }))
  }

  /** How many of the queue's items may run at once. */
  itemsOf(name: string): number {
    const definition = this.#registry.queues().find((queue) => queue.name === name)
    if (definition === undefined) throw new AppError('queue.unknown', `There is no queue ${name}.`)
    return this.#settingsOf(name).items ?? definition.items
  }

  /** True until the application has been opened once on this data folder. */
  get isFirstRun(): boolean {
    return this.#store.find('setting', SEEN)?.value !== true
  }

  async endFirstRun(): Promise<void> {
    if (this.isFirstRun)
      await this.#store.commit(new ChangeSet().put('setting', { name: SEEN, value: true }))
  }

  #settingsOf(name: string): QueueSettings {
    return (
      this.#store.find('queue', name) ?? {
        name,
        frequencySeconds: null,
        items: null,
        isEnabled: null,
        isPaused: false,
        lastRunAt: null,
      }
    )
  }
}
