import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { ensureFolder, flush, writeAtomically } from './files.ts'

/** A file that only grows, a line at a time; each line is on disk when `append` returns. Who opens it ends it. */
export class JournalFile {
  #file: string
  readonly #handle: FileHandle

  private constructor(file: string, handle: FileHandle) {
    this.#file = file
    this.#handle = handle
  }

  /** Makes it with its first line, as a whole or not at all. */
  static async create(file: string, line: string): Promise<JournalFile> {
    await writeAtomically(file, `${line}\n`)
    return JournalFile.open(file)
  }

  /** Goes on with one that is there; what a cut left of a last line is closed first. */
  static async open(file: string): Promise<JournalFile> {
    const handle = await open(file, 'a+')
    const { size } = await handle.stat()
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
    const journal = new JournalFile(file, handle)
    if (buffer.toString() !== '\n') await journal.append('')
    return journal
  }

  async append(line: string): Promise<void> {
    await this.#handle.appendFile(`${line}\n`)
    await this.#handle.datasync()
  }

  /** Moves it to another folder, where it stays; returns where it then is. */
  async moveTo(folder: string): Promise<string> {
    await ensureFolder(folder)
    const to = path.join(folder, path.basename(this.#file))
    await rename(this.#file, to)
    await flush(folder)
    this.#file = to
    await this.#handle.close()
    return to
  }

  async remove(): Promise<void> {
    await this.#handle.close()
    await rm(this.#file, { force: true })
  }
}
