import { createHash } from 'node:crypto'
import type { Id } from '#shared/domain/json.ts'
import { AppError } from '#shared/errors.ts'
import type { Connection } from '../ssh/connection.ts'
import { localCrontab, remoteCrontab, type CrontabAccess } from './crontab-access.ts'
import { addToCrontab, crontabEntry, removeFromCrontab, type CrontabEntry } from './crontab-text.ts'
import { dispatchCommand, type DispatchTarget } from './dispatch-command.ts'
import { differenceOf, type DifferenceLine } from './line-difference.ts'

export interface CrontabsParts {
  /** A backend's connection, with our program on the server. */
  connect: (backendId: Id) => Promise<Connection>
  /** How this application is started from outside. */
  here: DispatchTarget
  dataFolder: string
  /** This process's PATH. */
  path: string
  local?: CrontabAccess
}

export type CrontabWish = 'install' | 'remove'

/** A crontab as it is and as it would be, for people: what does not read as UTF-8 is shown as such. */
export interface CrontabView {
  before: string
  after: string
  difference: DifferenceLine[]
}

const SERVER_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin'

/** The lines that start dispatching every minute: on this computer (`null`) or on a backend's account. */
export class Crontabs {
  readonly #parts: CrontabsParts

  constructor(parts: CrontabsParts) {
    this.#parts = parts
  }

  /** The lines as they would be installed. */
  async print(backendId: Id | null): Promise<string> {
    return toShown(crontabEntry((await this.#open(backendId)).entry))
  }

  async show(backendId: Id | null, wish: CrontabWish): Promise<CrontabView> {
    const { access, entry } = await this.#open(backendId)
    const before = await access.read()
    const [shown, wished] = [toShown(before), toShown(change(before, entry, wish))]
    return { before: shown, after: wished, difference: differenceOf(shown, wished) }
  }

  /** Refuses with `object.changed-meanwhile` where the crontab is not as it was shown. */
  async apply(backendId: Id | null, wish: CrontabWish, expected: string): Promise<CrontabView> {
    const { access, entry } = await this.#open(backendId)
    const before = await access.read()
    if (toShown(before) !== expected)
      throw new AppError(
        'object.changed-meanwhile',
        'The crontab was changed meanwhile: look at it again.',
      )
    const after = change(before, entry, wish)
    if (after !== before) await access.write(after)
    return {
      before: expected,
      after: toShown(after),
      difference: differenceOf(expected, toShown(after)),
    }
  }

  async #open(backendId: Id | null): Promise<{ access: CrontabAccess; entry: CrontabEntry }> {
    const { connect, here, dataFolder, path, local = localCrontab() } = this.#parts
    if (backendId === null) return { access: local, entry: toEntry(nameOf(dataFolder), path, here) }
    const connection = await connect(backendId)
    if (connection.far.node === null) await connection.askAgain()
    const { home, node } = connection.far
    if (node === null)
      throw new AppError('backend.no-node', 'There is no Node.js on the server: install it first.')
    const target: DispatchTarget = { kind: 'server', node: node.path, home }
    return { access: remoteCrontab(connection), entry: toEntry('server', SERVER_PATH, target) }
  }
}

/** Entries are text of ours, crontabs are bytes: both as bytes here. */
function toEntry(name: string, path: string, target: DispatchTarget): CrontabEntry {
  const toBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
  return { name, path: toBytes(path), command: toBytes(dispatchCommand(target)) }
}

/** One name for each data folder: several desks may share an account. */
const nameOf = (dataFolder: string): string =>
  `desk-${createHash('sha256').update(dataFolder).digest('hex').slice(0, 8)}`

const change = (text: string, entry: CrontabEntry, wish: CrontabWish): string =>
  wish === 'install' ? addToCrontab(text, entry) : removeFromCrontab(text, entry.name)

const toShown = (text: string): string => Buffer.from(text, 'latin1').toString('utf8')
