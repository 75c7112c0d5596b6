import { createHash } from 'node:crypto'
import { AppError } from '#shared/errors.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { Connection, FarSide } from '../../ssh/connection.ts'
import { INSTALL_PROGRAM } from './install-program.ts'

/** The bundled program as it is put on servers. */
export interface Program {
  bytes: Buffer
  version: string
  sha256: string
  /** `<version>-<hash8>`: one folder a build, so that runs go on with the one they named. */
  folder: string
}

export function toProgram(bytes: Buffer, version: string): Program {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { bytes, version, sha256, folder: `${version}-${sha256.slice(0, 8)}` }
}

const deskOf = (far: FarSide): string => `${far.home}/.hosting-desk`

export const programPath = (far: FarSide, program: Program): string =>
  `${deskOf(far)}/program/${program.folder}/provision.mjs`

/** The oldest Node that the program is built for. */
const OLDEST_NODE = 18

const hasNode = ({ node }: FarSide): boolean =>
  Number(/^v?(\d+)\./.exec(node?.version ?? '')?.[1] ?? 0) >= OLDEST_NODE

/** Throws `backend.no-node` where there is none, or one that is too old. */
export function getNode(far: FarSide): string {
  const { node } = far
  if (node !== null && hasNode(far)) return node.path
  throw new AppError(
    'backend.no-node',
    node === null
      ? `There is no Node.js on the server for ${far.user}: install version ${OLDEST_NODE} or newer, for example with “apt install nodejs”.`
      : `The server's Node.js is ${shorten(cleanText(node.version), 32)}: install version ${OLDEST_NODE} or newer.`,
    { data: { version: node?.version ?? null } },
  )
}

// A size tells a whole file from one that was cut; the hash was checked before the folder got its name.
// A login script may print before it, hence the mark.
const LOOK = '[ -f "$1" ] && echo "program bytes:" $(wc -c < "$1")'

/** Puts the program on the server where it is missing; one short command where it is there. */
export async function ensureProgram(connection: Connection, program: Program): Promise<void> {
  // It may have been installed since the connection was made.
  if (!hasNode(connection.far)) await connection.askAgain()
  const node = getNode(connection.far)
  const look = await connection.exec(
    { argv: [programPath(connection.far, program)], script: LOOK },
    { timeoutMs: 30_000, maxOutputBytes: 4096 },
  )
  const size = /^program bytes: (\d+)$/m.exec(look.stdout.toString('utf8'))?.[1]
  if (size === String(program.bytes.length)) return
  await install(connection, node, program)
}

async function install(connection: Connection, node: string, program: Program): Promise<void> {
  const { version, folder, sha256, bytes } = program
  const argv = [node, '-e', INSTALL_PROGRAM, deskOf(connection.far), folder, version, sha256]
  const { exitCode, stderr, stdout } = await connection.exec(
    { argv, stdin: bytes },
    { timeoutMs: 120_000, maxOutputBytes: 65_536 },
  )
  if (exitCode === 0 && /^installed$/m.test(stdout.toString('utf8'))) return
  const reason = shorten(cleanText(stderr.trim().split('\n').at(-1) ?? ''), 500)
  if (/ENOSPC|EDQUOT/.test(stderr))
    throw new AppError(
      'backend.home-full',
      `There is no room in ${connection.far.home} on the server for the program: make some, and try again.`,
      { data: { home: connection.far.home } },
    )
  throw new AppError(
    'backend.program-install-failed',
    `The program could not be put on the server: ${reason || `Node ended with ${exitCode}`}`,
    { data: { exitCode } },
  )
}
