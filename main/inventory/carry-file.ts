import { randomBytes } from 'node:crypto'
import { AppError } from '#shared/errors.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { Connection } from '../ssh/connection.ts'

/** So much is in memory at a time. */
const PIECE_BYTES = 4 * 1024 * 1024
const TIMEOUT_MS = 300_000

/** "$1" bytes of "$2" from the byte "$3" on, counted from 1. */
const READ = 'tail -c +"$3" "$2" | head -c "$1"'
/** What comes is put behind "$1"; a piece that was already there in part is written over. */
const WRITE = 'umask 077; mkdir -p "${1%/*}" && : >>"$1" && truncate -s "$2" "$1" && cat >>"$1"'
const FACTS = 'size=$(wc -c <"$1") && sum=$(sha256sum <"$1") && echo "hd:$size:${sum%% *}"'

/** What is known of a file on a server. */
interface FileFacts {
  sizeBytes: number
  sha256: string
}

/**
 * Carries a file from one server to another, through this computer, piece by piece: neither needs to reach the other. Tells
 * how much has arrived; at the end both have the same checksum. Yields nothing where it is empty.
 */
export async function* carryFile(
  from: { connection: Connection; file: string },
  to: { connection: Connection; file: string },
  signal?: AbortSignal,
): AsyncGenerator<{ bytes: number; ofBytes: number }, void> {
  const facts = await factsOf(from)
  for (let at = 0; at < facts.sizeBytes; at += PIECE_BYTES) {
    signal?.throwIfAborted()
    const argv = [String(PIECE_BYTES), from.file, String(at + 1)]
    const piece = await exec(from.connection, { argv, script: READ })
    await exec(to.connection, { argv: [to.file, String(at)], script: WRITE, stdin: piece })
    yield { bytes: Math.min(at + PIECE_BYTES, facts.sizeBytes), ofBytes: facts.sizeBytes }
  }
  const arrived = await factsOf(to)
  if (arrived.sha256 === facts.sha256) return
  throw new AppError(
    'ssh.connection-lost',
    `${from.file} did not arrive as it was sent: it may have changed meanwhile. Try again.`,
  )
}

/** A name that nobody has yet, in the folder of what is under way. */
export const incomingFile = ({ far }: Connection): string =>
  `${far.home}/.hosting-desk/incoming/${randomBytes(8).toString('hex')}`

async function factsOf({
  connection,
  file,
}: {
  connection: Connection
  file: string
}): Promise<FileFacts> {
  const answer = await exec(connection, { argv: [file], script: FACTS })
  const [, size, sha256] = /hd:\s*(\d+):([0-9a-f]{64})/.exec(answer.toString('utf8')) ?? []
  if (sha256 !== undefined) return { sizeBytes: Number(size), sha256 }
  throw new AppError('backend.bad-output', `Nothing could be found out of ${file} on the server.`)
}

/** One short command whose failure is an error. */
export async function exec(
  connection: Connection,
  command: Parameters<Connection['exec']>[0],
): Promise<Buffer> {
  const { exitCode, stdout, stderr } = await connection.exec(command, {
    timeoutMs: TIMEOUT_MS,
    maxOutputBytes: PIECE_BYTES + 65_536,
  })
  if (exitCode === 0) return stdout
  const said = shorten(cleanText(stderr.trim().split('\n').at(-1) ?? ''), 500)
  throw new AppError(
    /No space left|quota/i.test(stderr) ? 'backend.home-full' : 'backend.refused',
    `The server did not do it: ${said || `it ended with ${exitCode}`}`,
  )
}
