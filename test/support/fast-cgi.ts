import { connect } from 'node:net'

export interface FastCgiAnswer {
  headers: string
  body: Buffer
  stderr: string
}

/** Asks PHP over a pool's socket, as root or whoever runs the tests. Rejects where it closes without an end. */
export function askPhp(
  socketFile: string,
  script: string,
  { body = '', params = {} }: { body?: string; params?: Readonly<Record<string, string>> } = {},
): Promise<FastCgiAnswer> {
  const content = Buffer.from(body)
  const all = {
    SCRIPT_FILENAME: script,
    REQUEST_METHOD: content.length > 0 ? 'POST' : 'GET',
    CONTENT_LENGTH: String(content.length),
    CONTENT_TYPE: 'application/octet-stream',
    ...params,
  }
  return new Promise((resolve, reject) => {
    const socket = connect(socketFile)
    const received: Buffer[] = []
    socket.once('error', reject)
    socket.on('data', (bytes) => received.push(bytes))
    socket.once('close', () => {
      const answer = parseAnswer(Buffer.concat(received))
      if (answer === undefined) reject(new Error('PHP closed without an end.'))
      else resolve(answer)
    })
    socket.write(record(1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])))
    socket.write(record(4, Buffer.concat(Object.entries(all).map(pair))))
    socket.write(record(4, Buffer.alloc(0)))
    for (let at = 0; at < content.length; at += 65_528)
      socket.write(record(5, content.subarray(at, at + 65_528)))
    socket.write(record(5, Buffer.alloc(0)))
  })
}

function record(type: number, content: Buffer): Buffer {
  const head = Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0])
  return Buffer.concat([head, content])
}

function pair([name, value]: [string, string]): Buffer {
  const parts = [Buffer.from(name), Buffer.from(value)]
  const lengths = parts.map(({ length }) =>
    length < 128
      ? Buffer.from([length])
      : Buffer.from([
          (length >> 24) | 128,
          (length >> 16) & 255,
          (length >> 8) & 255,
          length & 255,
        ]),
  )
  return Buffer.concat([...lengths, ...parts])
}

function parseAnswer(bytes: Buffer): FastCgiAnswer | undefined {
  const streams: Record<number, Buffer[]> = { 6: [], 7: [] }
  let hasEnded = false
  for (let at = 0; at + 8 <= bytes.length;) {
    const type = bytes.readUInt8(at + 1)
    const length = bytes.readUInt16BE(at + 4)
    streams[type]?.push(bytes.subarray(at + 8, at + 8 + length))
    hasEnded ||= type === 3
    at += 8 + length + bytes.readUInt8(at + 6)
  }
  if (!hasEnded) return undefined
  const output = Buffer.concat(streams[6] ?? [])
  const split = output.indexOf('\r\n\r\n')
  return {
    headers: output.subarray(0, split).toString('utf8'),
    body: output.subarray(split + 4),
    stderr: Buffer.concat(streams[7] ?? []).toString('utf8'),
  }
}
