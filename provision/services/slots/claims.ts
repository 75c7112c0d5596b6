import path from 'node:path'
import { isRecord } from '#shared/protocol/wire.ts'
import { createFile, findText, namesIn, remove, writeAtomically } from '../../system/files.ts'
import type { MachineFile } from '../../system/machine-file.ts'
import { type Slot, slotOf } from './slot.ts'

/**
 * Who has which slot: one file a slot that is taken, made only where there is none, with the name of the site's context in
 * it. A slot without a file is free.
 */
export class SlotClaims {
  readonly #machine: MachineFile
  readonly #folder: string

  constructor(machine: MachineFile, folder: string) {
    this.#machine = machine
    this.#folder = folder
  }

  /** The slots that nobody has, in their order. */
  async free(): Promise<string[]> {
    const taken = await namesIn(this.#folder)
    return this.#machine.slots.filter((name) => !taken.includes(name))
  }

  /** Takes a slot for a site; false where somebody has it. */
  take(site: string, slot: string): Promise<boolean> {
    return createFile(this.#file(slot), textOf(site))
  }

  async find(site: string): Promise<Slot | undefined> {
    for (const { slot, owner } of await this.list())
      if (owner === site) return slotOf(this.#machine, slot)
    return undefined
  }

  async list(): Promise<{ slot: string; owner: string }[]> {
    const taken = (await namesIn(this.#folder)).filter((name) => this.#machine.slots.includes(name))
    const owners = await Promise.all(taken.map((name) => this.#ownerOf(name)))
    return taken.flatMap((slot, index) => {
      const owner = owners[index]
      return owner === undefined ? [] : [{ slot, owner }]
    })
  }

  /** Nothing happens where it is not this site's. */
  async release(slot: string, site: string): Promise<void> {
    if ((await this.#ownerOf(slot)) === site) await remove(this.#file(slot))
  }

  /** Writes another name of its site on a slot; nothing happens where it is not this site's. */
  async hand(slot: string, from: string, to: string): Promise<void> {
    if ((await this.#ownerOf(slot)) === from) await writeAtomically(this.#file(slot), textOf(to))
  }

  /** Total and free, for people. */
  async count(): Promise<{ total: number; free: number }> {
    return { total: this.#machine.slots.length, free: (await this.free()).length }
  }

  /** '' for a file that does not read: the slot is taken all the same. */
  async #ownerOf(slot: string): Promise<string | undefined> {
    const text = await findText(this.#file(slot))
    if (text === undefined) return undefined
    try {
      const value: unknown = JSON.parse(text)
      return isRecord(value) && typeof value['site'] === 'string' ? value['site'] : ''
    } catch {
      return ''
    }
  }

  #file(slot: string): string {
    return path.join(this.#folder, slot)
  }
}

const textOf = (site: string): string => `${JSON.stringify({ site })}\n`
