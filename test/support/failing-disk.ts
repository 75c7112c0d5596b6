import type { Disk, DiskFile } from '../../main/store/disk.ts'
import { realDisk } from '../../main/store/disk.ts'

/**
 * A disk on which one change fails, the `failAt`th (from 1), after half of what it should write was written.
 * `cut`: everything after it fails too, as for a process that was killed there. `refuse`: only that one.
 */
export class FailingDisk implements Disk {
  /** Changes asked for so far. */
  changes = 0
  #failAt: number
  readonly #mode: 'cut' | 'refuse'

  constructor({
    failAt = Infinity,
    mode = 'cut',
  }: { failAt?: number; mode?: 'cut' | 'refuse' } = {}) {
    this.#failAt = failAt
    this.#mode = mode
  }

  /** From now on, the `count`th change is the one. */
  failIn(count: number): void {
    this.#failAt = this.changes + count
  }

  get hasFailed(): boolean {
    return this.changes >= this.#failAt
  }

  list = (folder: string): Promise<string[]> => realDisk.list(folder)
  read = (file: string): Promise<Buffer> => realDisk.read(file)
  rename = (from: string, to: string): Promise<void> =>
    this.#change(() => realDisk.rename(from, to))
  remove = (file: string): Promise<void> => this.#change(() => realDisk.remove(file))
  ensureFolder = (folder: string): Promise<void> =>
    this.#change(() => realDisk.ensureFolder(folder))
  syncFolder = (folder: string): Promise<void> => this.#change(() => realDisk.syncFolder(folder))

  create(file: string, parts: readonly Uint8Array[]): Promise<void> {
    const bytes = Buffer.concat(parts)
    const half = bytes.subarray(0, bytes.length / 2)
    return this.#change(
      () => realDisk.create(file, parts),
      () => realDisk.create(file, [half]),
    )
  }

  async open(file: string): Promise<DiskFile> {
    const opened = await realDisk.open(file)
    return {
      write: (bytes, at) =>
        this.#change(
          () => opened.write(bytes, at),
          () => opened.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), at),
        ),
      truncate: (length) => this.#change(() => opened.truncate(length)),
      close: () => opened.close(),
    }
  }

  async #change(work: () => Promise<void>, half?: () => Promise<void>): Promise<void> {
    this.changes += 1
    const isFailing =
      this.#mode === 'cut' ? this.changes >= this.#failAt : this.changes === this.#failAt
    if (!isFailing) return work()
    if (this.changes === this.#failAt) await half?.()
    throw Object.assign(new Error('The disk is full.'), { code: 'ENOSPC' })
  }
}
