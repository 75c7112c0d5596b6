import { createHash } from 'node:crypto'
import { AppError } from '#shared/errors.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { Connection, FarSide } from '../../ssh/connection.ts'
import { INSTALL_EXTENSION } from './install-extension.ts'
import { getNode } from './program.ts'

/** The half of an extension that runs on servers: its files, as they were found here. */
export interface ServerHalf {
  name: string
  files: readonly { name: string; bytes: Buffer }[]
}

/** A server half as it is put on servers. */
export interface PackedHalf {
  name: string
  /** `<name>-<hash8>`: one folder a content, so that runs go on with the one they named. */
  folder: string
  sha256: string
  bytes: Buffer
}

/** The same files give the same bytes, and so the same folder. */
export function packHalf({ name, files }: ServerHalf): PackedHalf {
  const listing = [...files]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((file) => [file.name, file.bytes.toString('base64')])
  const bytes = Buffer.from(JSON.stringify(listing))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { name, folder: `${name}-${sha256.slice(0, 8)}`, sha256, bytes }
}

/** Packs each list of files once. */
export class PackedHalves {
  readonly #packed = new WeakMap<ServerHalf['files'], PackedHalf>()

  of(halves: readonly ServerHalf[]): PackedHalf[] {
    return halves.map((half) => {
      const packed = this.#packed.get(half.files) ?? packHalf(half)
      this.#packed.set(half.files, packed)
      return packed
    })
  }
}

const deskOf = (far: FarSide): string => `${far.home}/.hosting-desk`

export const halfPath = (far: FarSide, { folder }: PackedHalf): string =>
  `${deskOf(far)}/extensions/${folder}`

// A folder gets its name when it is whole. A login script may print before it, hence the mark.
const LOOK = 'for one; do [ -d "$one" ] && echo "extension there: $one"; done; true'

/** Puts what is missing of these on the server; one short command where all is there, none for none. */
export async function ensureHalves(
  connection: Connection,
  halves: readonly PackedHalf[],
): Promise<void> {
  if (halves.length === 0) return
  const look = await connection.exec(
    { argv: halves.map((half) => halfPath(connection.far, half)), script: LOOK },
    { timeoutMs: 30_000, maxOutputBytes: 262_144 },
  )
  const there = new Set(look.stdout.toString('utf8').split('\n'))
  for (const half of halves)
    if (!there.has(`extension there: ${halfPath(connection.far, half)}`))
      await install(connection, half)
}

async function install(connection: Connection, half: PackedHalf): Promise<void> {
  const { name, folder, sha256, bytes } = half
  const node = getNode(connection.far)
  const argv = [node, '-e', INSTALL_EXTENSION, deskOf(connection.far), name, folder, sha256]
  const { exitCode, stderr, stdout } = await connection.exec(
    { argv, stdin: bytes },
    { timeoutMs: 120_000, maxOutputBytes: 65_536 },
  )
  if (exitCode === 0 && /^installed$/m.test(stdout.toString('utf8'))) return
  const reason = shorten(cleanText(stderr.trim().split('\n').at(-1) ?? ''), 500)
  throw new AppError(
    /ENOSPC|EDQUOT/.test(stderr) ? 'backend.home-full' : 'backend.program-install-failed',
    `The extension ${name} could not be put on the server: ${reason || `Node ended with ${exitCode}`}`,
    { data: { exitCode, extension: name } },
  )
}
