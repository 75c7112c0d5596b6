import { parseArgs } from 'node:util'
import { AppError } from '#shared/errors.ts'
import { dataFolderOf } from '../../lib/data-folder.ts'
import { checkWords, noCommand } from './check-words.ts'
import { backupCommand } from './commands/backup.ts'
import { crontabCommand } from './commands/crontab.ts'
import { importCommand } from './commands/import.ts'
import { dispatch } from './commands/dispatch.ts'
import { listObjects, showObject } from './commands/objects.ts'
import { queueCommand } from './commands/queue.ts'
import { storeCommand } from './commands/store.ts'
import { taskCommand } from './commands/task.ts'
import { printUrl } from './commands/url.ts'
import { openDesk } from './desk.ts'
import type { SecretInput } from './secret-input.ts'
import { USAGE } from './usage.ts'

/** Where a command writes, and what stops it. */
export interface Terminal {
  write(text: string): void
  warn(text: string): void
  secrets: SecretInput
  signal: AbortSignal
}

/** A command with its words and options, as typed. */
export interface CommandCall {
  words: readonly string[]
  folder: string
  isJson: boolean
  isFollowing: boolean
  forMs: number
  values: readonly string[]
  /** Passwords of a form are lines of the standard input. */
  isPasswordPiped: boolean
  confirmation: string | undefined
  /** The private key for an account that is new here. */
  keyFile: string | undefined
  isForced: boolean
  /** Where the passphrase of an export stands. */
  passphraseFile: string | undefined
  /** As typed. */
  items: string | undefined
  terminal: Terminal
}

/** Runs one command line. Returns the exit code; throws what stopped it. */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  const parsed = parse(argv)
  if (parsed.isHelp || parsed.words.length === 0) {
    terminal.write(USAGE)
    return parsed.isHelp ? 0 : 2
  }
  checkWords(parsed.words)
  const call: CommandCall = { ...parsed, folder: dataFolderOf({ data: parsed.data }), terminal }
  const [topic = '', action = ''] = call.words
  switch (topic) {
    case 'store':
      return storeCommand(call)
    case 'url':
      return printUrl(call)
    case 'dispatch':
      return dispatch(call)
    case 'import':
      return importCommand(call)
    case 'crontab':
      return crontabCommand(call)
    case 'queue':
      return queueCommand(call)
    case 'backup':
      return backupCommand(call)
    case 'task':
      return taskCommand(call)
    case 'backend':
    case 'server':
    case 'platform':
    case 'site': {
      await using desk = await openDesk(call.folder)
      return action === 'list'
        ? await listObjects(call, desk, topic)
        : await showObject(call, desk, topic)
    }
    default:
      throw noCommand(call.words)
  }
}

function parse(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        json: { type: 'boolean', default: false },
        follow: { type: 'boolean', default: false },
        for: { type: 'string', default: '55s' },
        value: { type: 'string', multiple: true, default: [] },
        'password-stdin': { type: 'boolean', default: false },
        confirm: { type: 'string' },
        key: { type: 'string' },
        force: { type: 'boolean', default: false },
        'passphrase-file': { type: 'string' },
        items: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    return {
      words: positionals,
      data: values.data,
      isJson: values.json,
      isFollowing: values.follow,
      forMs: parseDuration(values.for),
      values: values.value,
      isPasswordPiped: values['password-stdin'],
      confirmation: values.confirm,
      keyFile: values.key,
      isForced: values.force,
      passphraseFile: values['passphrase-file'],
      items: values.items,
      isHelp: values.help,
    }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('input.invalid', error instanceof Error ? error.message : String(error))
  }
}

/** `55s`, `2m`, `500ms`, `1d` or a number of seconds. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,7})(ms|s|m|h|d)?$/.exec(text)
  const factor = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? 's']
  if (match === null || factor === undefined) {
    throw new AppError('input.invalid', `“${text}” is no duration: write 55s, 2m, 24h or 1d.`)
  }
  return Number(match[1]) * factor
}
