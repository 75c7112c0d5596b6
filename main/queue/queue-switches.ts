import type { QueueSettings } from '#shared/domain/queue.ts'
import { ChangeSet, type Store } from '../store/store.ts'

const ALL_PAUSED = 'dispatch.isPaused'
const SEEN = 'application.isSeen'

/** What the operator has set of queues, over what features declare. */
export class QueueSwitches {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  get isPausedAsAWhole(): boolean {
    return this.#store.find('setting', ALL_PAUSED)?.value === true
  }

  async setPausedAsAWhole(isPaused: boolean): Promise<void> {
    await this.#store.commit(new ChangeSet().put('setting', { name: ALL_PAUSED, value: isPaused }))
  }

  /** What was set of a queue; null is as its definition says. */
  settingsOf(name: string): QueueSettings {
    return (
      this.#store.find('queue', name) ?? {
        name,
        frequencySeconds: null,
        items: null,
        isEnabled: null,
        isPaused: false,
        lastRunAt: null,
        values: {},
      }
    )
  }

  async edit(name: string, facts: Partial<Omit<QueueSettings, 'name'>>): Promise<void> {
    await this.#store.commit(
      new ChangeSet().put('queue', { ...this.settingsOf(name), ...facts, name }),
    )
  }

  /** True until the application has been opened once on this data folder. */
  get isFirstRun(): boolean {
    return this.#store.find('setting', SEEN)?.value !== true
  }

  async endFirstRun(): Promise<void> {
    if (this.isFirstRun)
      await this.#store.commit(new ChangeSet().put('setting', { name: SEEN, value: true }))
  }
}
