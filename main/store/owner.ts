import { createHash, randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { AppError } from '#shared/errors.ts'
import { isRunning, ownIdentity } from './process-identity.ts'

export type OwnerKind = 'long-lived' | 'one-shot'

/** What a process says of itself when it claims the data folder. */
const Claim = z.object({
  pid: z.number().int().min(1),
  startedAt: z.number(),
  bootId: z.string(),
  kind: z.enum(['long-lived', 'one-shot']),
  socketPath: z.string(),
})
export type Claim = z.infer<typeof Claim>

export interface Ownership {
  /** Where a long-lived owner listens for other processes of the operator: a Unix socket, or a named pipe. */
  socketPath: string
  release(): Promise<void>
}

export interface OwnershipOptions {
  /** The data folder. */
  folder: string
  kind: OwnerKind
  /** How long to wait while a one-shot owner is at work; a long-lived one can be asked, so nobody waits for it. */
  waitMs: number
  signal?: AbortSignal
}

/** The longest path a socket can have on macOS is 104 bytes with its end, on Linux 108. */
const MAX_SOCKET_BYTES = 103
const POLL_MS = 40
/** A draft of a claim that is older than this was left behind. */
const DRAFT_MS = 60_000

/**
 * Makes this process the one owner of the data folder. Throws `store.locked`, with what is known of the owner as data
 * (`pid`, `kind`, and `socketPath` where it can be asked).
 *
 * A claim is a file with a name of its own that names its process. Whoever wants to own writes its claim first and then
 * looks at the others: if any process behind one of them runs, it takes its own back. Of two that do so at once at most
 * one finds itself alone, whatever the order, and a claim whose process is gone counts for nothing; so nothing is left
 * to clean up after a kill or a crash, and nobody can take away a claim that is good.
 */
export async function acquireOwnership(options: OwnershipOptions): Promise<Ownership> {
  const folder = path.join(options.folder, 'owner')
  await fs.mkdir(folder, { recursive: true, mode: 0o700 })
  const deadline = performance.now() + options.waitMs
  const patience = new Patience(options.waitMs)
  for (;;) {
    options.signal?.throwIfAborted()
    const attempt = await tryToOwn(folder, options)
    if ('release' in attempt) return attempt
    if (attempt.isRival) patience.addMeeting()
    if (patience.isOver(attempt) || performance.now() >= deadline) throw locked(attempt.claim)
    await wait(patience.nextDelayMs(), undefined, { signal: options.signal })
  }
}

/** The process that owns the data folder now, or is about to; undefined where there is none. */
export async function findOwner(dataFolder: string): Promise<Claim | undefined> {
  return (await findOther(path.join(dataFolder, 'owner'), undefined))?.claim
}

interface Found {
  /** The claim's file; no two claims ever have the same. */
  name: string
  claim: Claim
  /** We had claimed too, and stepped back. */
  isRival?: boolean
}

/** A long-lived process that has claimed for this long owns; before, it may still be stepping back. */
const SETTLED_MS = 250

/** Says when waiting makes no sense: nobody waits for a long-lived owner to end, since it can be asked. */
class Patience {
  readonly #since = new Map<string, number>()
  readonly #settledMs: number
  #meetings = 0

  constructor(waitMs: number) {
    this.#settledMs = Math.min(SETTLED_MS, waitMs)
  }

  addMeeting(): void {
    this.#meetings += 1
  }

  /** Two that stepped back from each other must not meet again and again: the more often, the further apart. */
  nextDelayMs(): number {
    return POLL_MS * (0.5 + Math.random() * 2 ** Math.min(this.#meetings, 4))
  }

  isOver({ name, claim }: Found): boolean {
    const now = performance.now()
    const since = this.#since.get(name) ?? now
    this.#since.set(name, since)
    return claim.kind === 'long-lived' && now - since >= this.#settledMs
  }
}

async function tryToOwn(folder: string, options: OwnershipOptions): Promise<Ownership | Found> {
  const other = await findOther(folder, undefined)
  if (other !== undefined) return other
  const name = `${randomUUID()}.claim`
  const socketPath = await prepareSocketPath(options.folder)
  await writeClaim(folder, name, { ...(await ownIdentity()), kind: options.kind, socketPath })
  const release = (): Promise<void> => fs.rm(path.join(folder, name), { force: true })
  try {
    const rival = await findOther(folder, name)
    if (rival === undefined) return { socketPath, release }
    await release()
    return { ...rival, isRival: true }
  } catch (error) {
    await release()
    throw error
  }
}

/** It appears whole: nobody ever reads half a claim. */
async function writeClaim(folder: string, name: string, claim: Claim): Promise<void> {
  const draft = path.join(folder, `${name}.draft`)
  await fs.writeFile(draft, JSON.stringify(claim), { mode: 0o600, flag: 'wx' })
  await fs.rename(draft, path.join(folder, name))
}

/** A claim of a running process other than our own claim; those of processes that are gone are removed. */
async function findOther(folder: string, own: string | undefined): Promise<Found | undefined> {
  for (const name of await listIfThere(folder)) {
    if (name.endsWith('.draft')) await removeOldDraft(path.join(folder, name))
    if (!name.endsWith('.claim') || name === own) continue
    const claim = await readClaim(path.join(folder, name))
    if (claim === undefined) continue
    if (await isRunning(claim)) return { name, claim }
    await fs.rm(path.join(folder, name), { force: true })
  }
  return undefined
}

/** Undefined where it went away meanwhile. A file that is no claim of ours is an error: guessing could harm data. */
async function readClaim(file: string): Promise<Claim | undefined> {
  try {
    return Claim.parse(JSON.parse(await fs.readFile(file, 'utf8')))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new AppError(
      'store.locked',
      `${file} cannot be read. Make sure that no Hosting Desk is running, and remove it.`,
      { cause },
    )
  }
}

async function removeOldDraft(file: string): Promise<void> {
  const { mtimeMs } = await fs.stat(file).catch(() => ({ mtimeMs: Date.now() }))
  if (Date.now() - mtimeMs > DRAFT_MS) await fs.rm(file, { force: true })
}

async function listIfThere(folder: string): Promise<string[]> {
  try {
    return await fs.readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

const locked = ({ pid, kind, socketPath }: Claim): AppError =>
  new AppError('store.locked', `Another Hosting Desk (process ${pid}) is using this data folder.`, {
    data: { pid, kind, ...(kind === 'long-lived' ? { socketPath } : {}) },
  })

/**
 * In the data folder where its path is short enough; else in a folder of this account alone among the system's own for
 * such things or the temporary ones. The same data folder always has the same path.
 */
async function prepareSocketPath(dataFolder: string): Promise<string> {
  const folder = path.resolve(dataFolder)
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  if (process.platform === 'win32') return `\\\\.\\pipe\\hosting-desk-${hash}`
  const near = path.join(folder, 'desk.sock')
  if (Buffer.byteLength(near) <= MAX_SOCKET_BYTES) return near
  return path.join(await ensurePrivateFolder(), `${hash}.sock`)
}

/** Among the temporary folders someone else may have made one of this name before: then it is refused. */
async function ensurePrivateFolder(): Promise<string> {
  const account = process.getuid?.() ?? 0
  const parent = process.env['XDG_RUNTIME_DIR'] ?? os.tmpdir()
  const folder = path.join(parent, `hosting-desk-${account}`)
  await fs.mkdir(folder, { recursive: true, mode: 0o700 })
  const found = await fs.lstat(folder)
  if (found.isDirectory() && found.uid === account && (found.mode & 0o077) === 0) return folder
  throw new AppError(
    'store.locked',
    `${folder} is not a folder of this account alone, so no socket can lie in it. Choose a data folder with a shorter path.`,
  )
}
