import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { BackupDownloads, type DownloadState } from '../../../main/download/backup-downloads.ts'
import { fetchFile } from '../../../main/download/fetch-file.ts'
import type { Connection } from '../../../main/ssh/connection.ts'
import { localConnection } from '../../support/local-connection.ts'
import { anId } from '../../support/objects.ts'
import { aBackup } from '../../support/rows.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const BYTES = randomBytes(250_000)
const never = new AbortController().signal

function aServer(options: Parameters<typeof localConnection>[1] = {}) {
  const home = temporaryFolder()
  const file = path.join(home, "back up's.tar.gz")
  writeFileSync(file, BYTES)
  return {
    connection: localConnection(home, options),
    file,
    target: path.join(home, 'here.tar.gz'),
  }
}

async function fetchAll(
  connection: Connection,
  wish: { file: string; target: string; signal?: AbortSignal },
): Promise<number[]> {
  const reached: number[] = []
  for await (const { bytes } of fetchFile(connection, {
    signal: never,
    chunkBytes: 100_000,
    ...wish,
  }))
    reached.push(bytes)
  return reached
}

// Each piece is a process of its own, which a busy machine starts slowly.
describe('a file of a server', { timeout: 60_000 }, () => {
  test('arrives whole, in pieces, and has its name only then', async () => {
    const { connection, file, target } = aServer()
    const reached = await fetchAll(connection, { file, target })
    expect(reached).toEqual([0, 100_000, 200_000, 250_000])
    expect(createHash('sha256').update(readFileSync(target)).digest('hex')).toBe(
      createHash('sha256').update(BYTES).digest('hex'),
    )
    expect(existsSync(`${target}.part`)).toBe(false)
  })

  test('arrives whole where the login greets', async () => {
    const { connection, file, target } = aServer({ greeting: 'Welcome to web1' })
    await fetchAll(connection, { file, target })
    expect(readFileSync(target).equals(BYTES)).toBe(true)
  })

  test('goes on from what came before the connection broke', async () => {
    const { connection, file, target } = aServer()
    let left = 3
    const breaking: Connection = {
      ...connection,
      exec: (...call) => {
        if (left-- === 0) return Promise.reject(new Error('The connection is gone.'))
        return connection.exec(...call)
      },
    }
    await expect(fetchAll(breaking, { file, target })).rejects.toThrow('gone')
    expect(readFileSync(`${target}.part`).length).toBeGreaterThan(0)
    const reached = await fetchAll(connection, { file, target })
    expect(reached[0]).toBeGreaterThan(0)
    expect(readFileSync(target).equals(BYTES)).toBe(true)
  })

  test('that became another meanwhile is not taken for whole, and nothing of it stays', async () => {
    const { connection, file, target } = aServer()
    writeFileSync(`${target}.part`, randomBytes(100_000))
    await expect(fetchAll(connection, { file, target })).rejects.toMatchObject({
      code: 'download.changed',
    })
    expect([target, `${target}.part`].filter((one) => existsSync(one))).toEqual([])
  })

  test('that is gone is said to be, and one that no place can be found for too', async () => {
    const { connection, file, target } = aServer()
    const nowhere = path.join(path.dirname(target), 'no', 'folder', 'here')
    await expect(fetchAll(connection, { file, target: nowhere })).rejects.toMatchObject({
      code: 'store.write-failed',
    })
    rmSync(file)
    await expect(fetchAll(connection, { file, target })).rejects.toMatchObject({
      code: 'download.missing',
    })
  })

  test('that is no longer wanted leaves nothing behind', async () => {
    const { connection, file, target } = aServer()
    const stop = new AbortController()
    const stopping: Connection = {
      ...connection,
      exec: (command, options) => {
        options?.signal?.throwIfAborted()
        return connection.exec(command, options)
      },
    }
    const fetching = (async () => {
      for await (const { bytes } of fetchFile(stopping, {
        file,
        target,
        signal: stop.signal,
        chunkBytes: 1000,
      }))
        if (bytes > 0) stop.abort()
    })()
    await expect(fetching).rejects.toThrow()
    expect([target, `${target}.part`].filter((one) => existsSync(one))).toEqual([])
  })
})

describe('a backup', { timeout: 60_000 }, () => {
  async function download(chooseSaveFile: ((name: string) => Promise<string | undefined>) | null) {
    const { connection, file } = aServer()
    const folder = path.join(temporaryFolder(), 'downloads')
    const downloads = new BackupDownloads({
      connect: () => Promise.resolve(connection),
      folder,
      chooseSaveFile,
      newId: () => anId(99),
    })
    const told: DownloadState[] = []
    for await (const state of downloads.download(aBackup({ file }), never)) told.push(state)
    return { downloads, told, last: told.at(-1), folder }
  }

  test('lies on the desktop where the person chose, under the name that it has', async () => {
    const place = temporaryFolder()
    const { last } = await download((name) => Promise.resolve(path.join(place, name)))
    expect(last).toMatchObject({ state: 'done', bytes: BYTES.length, key: null })
    expect(last?.file).toBe(path.join(place, "back up's.tar.gz"))
    expect(readFileSync(last?.file ?? '').equals(BYTES)).toBe(true)
  })

  test('is not fetched where the person chose no place', async () => {
    const { told } = await download(() => Promise.resolve(undefined))
    expect(told.map(({ state }) => state)).toEqual(['dropped'])
  })

  test('waits for a browser to fetch it once, and is gone then', async () => {
    const { downloads, last, folder } = await download(null)
    expect(last).toMatchObject({ state: 'done', file: null, key: anId(99) })
    const ready = downloads.take(anId(99))
    expect(ready?.name).toBe("back up's.tar.gz")
    expect(ready?.file.startsWith(folder)).toBe(true)
    expect(downloads.take(anId(99))).toBeUndefined()
    await ready?.done()
    expect(existsSync(ready?.file ?? '')).toBe(false)
  })
})
