import path from 'node:path'
import { isRecord } from '#shared/protocol/wire.ts'
import type { Folders } from '../system/account.ts'
import { findText, writeAtomically } from '../system/files.ts'

/**
 * What one queue of one server remembers from one dispatch to the next; who uses it holds the queue's lock. What does not
 * read counts as nothing: then work is looked for anew.
 */
export class DispatchMemory {
  readonly #file: string
  #lastRunAt: number | null
  readonly #triedAt: Map<string, number>

  static async open({ dispatch }: Folders, name: string): Promise<DispatchMemory> {
    const file = path.join(dispatch, `${name}.json`)
    return new DispatchMemory(file, await findText(file))
  }

  private constructor(file: string, text: string | undefined) {
    const { lastRunAt, triedAt } = parse(text)
    this.#file = file
    this.#lastRunAt = isInstant(lastRunAt) ? lastRunAt : null
    const tried = isRecord(triedAt) ? Object.entries(triedAt) : []
    this.#triedAt = new Map(
      tried.flatMap(([context, at]) => (isInstant(at) ? [[context, at] as const] : [])),
    )
  }

  get lastRunAt(): number | null {
    return this.#lastRunAt
  }

  /** When this context's work was last begun. */
  triedAt(context: string): number | null {
    return this.#triedAt.get(context) ?? null
  }

  async begin(now: number): Promise<void> {
    this.#lastRunAt = now
    await this.#save()
  }

  async try(context: string, now: number): Promise<void> {
    this.#triedAt.set(context, now)
    await this.#save()
  }

  /** Contexts that are gone need not be remembered. */
  keepOnly(contexts: readonly string[]): void {
    const kept = new Set(contexts)
    for (const context of this.#triedAt.keys())
      if (!kept.has(context)) this.#triedAt.delete(context)
  }

  async #save(): Promise<void> {
    const triedAt = Object.fromEntries(this.#triedAt)
    await writeAtomically(
      this.#file,
      `${JSON.stringify({ lastRunAt: this.#lastRunAt, triedAt })}\n`,
    )
  }
}

const isInstant = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value)

function parse(text: string | undefined): { lastRunAt?: unknown; triedAt?: unknown } {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}
