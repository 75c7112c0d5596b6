import fs from 'node:fs/promises'
import path from 'node:path'
import type { Id } from '#shared/domain/json.ts'
import type { Backup } from '#shared/domain/objects.ts'
import type { Connection } from '../ssh/connection.ts'
import { fetchFile, type FetchProgress } from './fetch-file.ts'

export interface BackupDownloadsParts {
  connect: (backendId: Id, signal: AbortSignal) => Promise<Connection>
  /** Where what a browser is to fetch lies until it has; made when the first is. */
  folder: string
  /** Asks the person for a place; null where the shell is a browser's page, which has places of its own. */
  chooseSaveFile: ((name: string) => Promise<string | undefined>) | null
  newId: () => Id
}

export type DownloadState = FetchProgress & {
  state: 'running' | 'done' | 'dropped'
  /** Once it is done: where it lies on this computer, or under which key the browser may fetch it. */
  file: string | null
  key: Id | null
}

/** Backups on their way to this computer. */
export class BackupDownloads {
  readonly #parts: BackupDownloadsParts
  /** What a browser may fetch, once. */
  readonly #ready = new Map<string, { file: string; name: string }>()

  constructor(parts: BackupDownloadsParts) {
    this.#parts = parts
  }

  /** Fetches a backup, telling how far it is; ends with `dropped` where the person chose no place for it. */
  async *download(backup: Backup, signal: AbortSignal): AsyncGenerator<DownloadState> {
    const { chooseSaveFile, folder, connect } = this.#parts
    const name = path.posix.basename(backup.file)
    const target =
      chooseSaveFile === null
        ? path.join(await makeFolder(folder), backup.id)
        : await chooseSaveFile(name)
    const none = { file: null, key: null, bytes: 0, totalBytes: backup.sizeBytes }
    if (target === undefined) {
      yield { ...none, state: 'dropped' }
      return
    }
    yield { ...none, state: 'running' }
    const connection = await connect(backup.backendId, signal)
    let reached: FetchProgress = none
    for await (const progress of fetchFile(connection, { file: backup.file, target, signal })) {
      reached = progress
      yield { ...none, ...progress, state: 'running' }
    }
    const isHere = chooseSaveFile !== null
    const key = isHere ? null : this.#offer(target, name)
    yield { ...reached, state: 'done', file: isHere ? target : null, key }
  }

  /** What the key stands for; it is good for one time, and the file goes when `done` is called. */
  take(key: string): { file: string; name: string; done: () => Promise<void> } | undefined {
    const ready = this.#ready.get(key)
    this.#ready.delete(key)
    return ready && { ...ready, done: () => fs.rm(ready.file, { force: true }) }
  }

  /** Nobody will fetch what was offered; parts stay for the next time. */
  async close(): Promise<void> {
    for (const { file } of this.#ready.values()) await fs.rm(file, { force: true })
    this.#ready.clear()
  }

  #offer(file: string, name: string): Id {
    const key = this.#parts.newId()
    this.#ready.set(key, { file, name })
    return key
  }
}

async function makeFolder(folder: string): Promise<string> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}
