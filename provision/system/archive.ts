import { createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { flush, remove, sizeOf } from './files.ts'
import { runProgram, startProgram } from './process.ts'
import { cancelled, ProvisionError } from './provision-error.ts'
import { Digests, readTar, type TarPart } from './tar-reader.ts'
import { renderMember, TAR_END } from './tar-writer.ts'

/** A file or folder to pack: `name` as it is called in the archive, in the folder `inFolder`. */
export interface Packed {
  inFolder: string
  name: string
}

export interface PackOptions {
  /** The first member, which is there before the others are read. */
  first: { name: string; text: string }
  /** The last member: what it says of the others, given the SHA-256 of each plain file before it by its name. */
  last: { name: string; render: (digests: ReadonlyMap<string, string>) => string }
  /** What changed while it was packed, for people. */
  onWarning: (warning: string) => void
  signal: AbortSignal
}

/** What there is of an archive while it is packed. */
export const partialOf = (file: string): string => `${file}.partial`

/** Packs into `file` (tar, gzip, 0600); on failure there is no such file. Links are packed as links. */
export async function packArchive(
  file: string,
  parts: readonly Packed[],
  options: PackOptions,
): Promise<{ sizeBytes: number }> {
  const partial = partialOf(file)
  const { pipeline } = await import('node:stream/promises')
  const { createGzip } = await import('node:zlib')
  const { signal } = options
  try {
    const output = createWriteStream(partial, { mode: 0o600 })
    await pipeline(
      inLargePieces(members(parts, options)),
      createGzip({ chunkSize: 128 * 1024 }),
      output,
      {
        signal,
      },
    )
    await flush(partial)
    await rename(partial, file)
  } catch (error) {
    await remove(partial)
    throw signal.aborted ? cancelled() : error
  }
  return { sizeBytes: await sizeOf(file) }
}

/** Each piece that is compressed, or written, is a trip to another thread: small ones cost more by that than by themselves. */
const PIECE_BYTES = 256 * 1024

async function* inLargePieces(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  let bytes = 0
  for await (const piece of source) {
    held.push(piece)
    bytes += piece.length
    if (bytes < PIECE_BYTES) continue
    yield Buffer.concat(held)
    held = []
    bytes = 0
  }
  yield Buffer.concat(held)
}

/** The first member, what tar packs, and behind it the last member, which knows what went by. */
async function* members(
  parts: readonly Packed[],
  { first, last, onWarning, signal }: PackOptions,
): AsyncGenerator<Buffer> {
  const what = parts.flatMap(({ inFolder, name }) => ['-C', inFolder, `./${name}`])
  const { Readable } = await import('node:stream')
  const tar = await startProgram(['tar', '-cf', '-', ...what], { signal })
  const digests = new Map<string, string>()
  const digester = await Digests.open((name, digest) => digests.set(name, digest))
  try {
    const head = Readable.from([renderMember(first.name, first.text), TAR_END])
    for (const source of [head, tar.output])
      for await (const part of readTar(source)) {
        digester.take(part)
        yield part.raw
      }
    digester.end()
    const { exitCode, complaint } = await tar.end()
    checkTar(exitCode, complaint, onWarning)
  } finally {
    tar.stop()
  }
  yield renderMember(last.name, last.render(digests))
  yield TAR_END
}

/** A site goes on while it is packed: tar says which files changed, and has them as it found them. */
const HARMLESS = /: (file changed as we read it|File removed before we read it)$/

function checkTar(exitCode: number, complaint: string, onWarning: (warning: string) => void): void {
  const lines = complaint.split('\n').filter((line) => line !== '')
  const isHarmless = exitCode <= 1 && lines.every((line) => HARMLESS.test(line))
  if (!isHarmless) throw packingFailed(complaint)
  for (const line of lines.slice(0, 20)) onWarning(line)
}

const packingFailed = (said: string): ProvisionError =>
  /No space left|quota exceeded/i.test(said)
    ? new ProvisionError('PROVISION_NO_SPACE', `There is no room left for the backup: ${said}`)
    : new ProvisionError('PROVISION_BACKUP_FAILED', `tar could not pack: ${said}`)

/**
 * Unpacks what is read of an archive into a folder that is there and empty. tar is given nothing that was not read whole,
 * and its end only once the reading has ended well. Throws what the reading throws, PROVISION_NO_SPACE and
 * PROVISION_BACKUP_EXTRACTION_FAILED.
 */
export async function unpackArchive(
  parts: AsyncIterable<TarPart>,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const { Readable } = await import('node:stream')
  const input = Readable.from(inLargePieces(bytesOf(parts)))
  let broken: Error | undefined
  input.on('error', (error) => (broken = error))
  const unpacked = runProgram(['tar', '-xf', '-', '-C', folder], { input, signal })
  const { exitCode, output } = await unpacked.finally(() => input.destroy())
  if (broken !== undefined) throw broken
  if (exitCode === 0) return
  throw /No space left|quota exceeded/i.test(output)
    ? new ProvisionError('PROVISION_NO_SPACE', `There is no room left: ${output.trim()}`)
    : new ProvisionError(
        'PROVISION_BACKUP_EXTRACTION_FAILED',
        `tar could not unpack: ${output.trim()}`,
      )
}

async function* bytesOf(parts: AsyncIterable<TarPart>): AsyncGenerator<Buffer> {
  for await (const { raw } of parts) yield raw
  yield TAR_END
}
