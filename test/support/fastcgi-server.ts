import { createServer, type Server, type Socket } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A FastCGI server in this process, which answers as it is told. The caller closes it. */
export interface FastCgiServer {
  socket: string
  /** What the last call brought. */
  asked(): { params: Record<string, string>; body: string }
  close(): Promise<void>
}

export const stdout = (text: string): Buffer => record(6, Buffer.from(text))
export const stderr = (text: string): Buffer => record(7, Buffer.from(text))
export const end = (): Buffer => record(3, Buffer.alloc(8))

/** `answer` is called once a request is whole. */
export async function startFastCgi(answer: (socket: Socket) => void): Promise<FastCgiServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'desk-fastcgi-'))
  const file = path.join(folder, 'socket')
  let asked = { params: {}, body: '' }
  const server: Server = createServer((socket) => {
    let bytes = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (piece) => {
      bytes = Buffer.concat([bytes, piece])
      const records = recordsIn(bytes)
      const isWhole = records.some(({ type, content }) => type === 5 && content.length === 0)
      if (!isWhole) return
      const streamOf = (wanted: number): Buffer =>
        Buffer.concat(records.filter(({ type }) => type === wanted).map(({ content }) => content))
      asked = { params: pairsIn(streamOf(4)), body: streamOf(5).toString() }
      answer(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(file, resolve))
  return {
    socket: file,
    asked: () => asked,
    close: () =>
      new Promise((resolve) =>
        server.close(() => {
          rmSync(folder, { recursive: true })
          resolve()
        }),
      ),
  }
}

/** With some bytes of filling, which a reader has to pass over. */
function record(type: number, content: Buffer): Buffer {
  const head = Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 3, 0])
  return Buffer.concat([head, content, Buffer.alloc(3)])
}

function recordsIn(bytes: Buffer): { type: number; content: Buffer }[] {
  const records: { type: number; content: Buffer }[] = []
  for (let at = 0; at + 8 <= bytes.length;) {
    const length = bytes.readUInt16BE(at + 4)
    records.push({ type: bytes[at + 1] ?? 0, content: bytes.subarray(at + 8, at + 8 + length) })
    at += 8 + length + (bytes[at + 6] ?? 0)
  }
  return records
}

function pairsIn(bytes: Buffer): Record<string, string> {
  const pairs: Record<string, string> = {}
  let at = 0
  const length = (): number => {
    const first = bytes[at] ?? 0
    at += first < 128 ? 1 : 4
    return first < 128 ? first : bytes.readUInt32BE(at - 4) - 0x80000000
  }
  while (at < bytes.length) {
    const [name, value] = [length(), length()]
    pairs[bytes.toString('utf8', at, at + name)] = bytes.toString(
      'utf8',
      at + name,
      at + name + value,
    )
    at += name + value
  }
  return pairs
}
