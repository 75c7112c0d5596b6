import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { App } from '../../app.ts'

const PATH = /^\/downloads\/([0-9a-f-]{36})$/

/** Sends a file that was fetched for the browser, once. Returns whether the address was that of one. */
export async function sendDownload(
  desk: Pick<App, 'takeDownload'>,
  url: string,
  response: ServerResponse,
): Promise<boolean> {
  const key = PATH.exec(url)?.[1]
  if (key === undefined) return false
  const ready = desk.takeDownload(key)
  if (ready === undefined) {
    response.writeHead(404).end('This file was fetched already. Download it again.\n')
    return true
  }
  try {
    const { size } = await stat(ready.file)
    response.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': size,
      'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(ready.name)}`,
    })
    await pipeline(createReadStream(ready.file), response)
  } catch {
    // Who asked is gone, or the file is: whole it is not, and the browser says so.
    response.destroy()
  } finally {
    await ready.done()
  }
  return true
}
