import { z } from 'zod'
import { ContextName, ServerPath } from '#shared/domain/names.ts'
import { AppError } from '#shared/errors.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { Connection } from '../../ssh/connection.ts'
import type { KeptItem } from '../backend.ts'
import { toKeptContext } from './contexts.ts'
import { readRecords } from './records.ts'

const TIMEOUT_MS = 120_000
const MAX_BYTES = 64 * 1024 * 1024

/** Aegir's own frontend is a site like any other to Provision; to delete or move it from here would end it. */
const FRONTEND = 'hostmaster'

/** Names of the files in which contexts and other aliases are kept, each behind a NUL: a name may hold anything. */
const NAMES = `
cd "$HOME/.drush" 2>/dev/null || exit 0
for f in *.alias.drushrc.php; do [ -f "$f" ] && printf '%s\\0' "\${f%.alias.drushrc.php}"; done
exit 0
`

/** Time, size and path of what lies in "$1", each behind a NUL. */
const BACKUPS = `
[ -d "$1" ] && find "$1" -maxdepth 1 -type f -printf '%T@ %s %p\\0' 2>/dev/null
exit 0
`

/** Everything that the account keeps: its contexts on whatever machine, and the backups that lie here. */
export async function listAegir(connection: Connection, drush: string): Promise<KeptItem[]> {
  const names = await listNames(connection)
  const good = names.filter((name) => ContextName.safeParse(name).success)
  const { records, unreadable } = await readRecords(connection, drush, good)
  const { kept, left } = sort(records)
  return [
    ...kept,
    ...left,
    ...unreadable.map((one) => toUnreadable(one.name, one.message)),
    ...names
      .filter((name) => !good.includes(name))
      .map((name) => toUnreadable(name, 'This cannot be the name of a context.')),
    ...(await listBackups(connection, backupFolderOf(records, connection))),
  ]
}

export const backupFolderOf = (
  records: ReadonlyMap<string, JsonRecord>,
  { far }: Connection,
): string => {
  const path = ServerPath.safeParse(records.get('server_master')?.['backup_path'])
  return path.success ? path.data : `${far.home}/backups`
}

async function listNames(connection: Connection): Promise<string[]> {
  const { stdout } = await connection.exec(
    { argv: [], script: NAMES },
    { timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_BYTES },
  )
  // What a login script printed stands before the first name, on lines of its own.
  return stdout
    .toString('utf8')
    .split('\0')
    .slice(0, -1)
    .map((name, at) => (at === 0 ? (name.split('\n').at(-1) ?? '') : name))
}

/** Contexts of Provision, with the frontend's own site and the platform that only it stands on left out. */
function sort(records: ReadonlyMap<string, JsonRecord>): { kept: KeptItem[]; left: KeptItem[] } {
  const contexts = [...records].flatMap(([name, record]) => toKeptContext(name, record) ?? [])
  const platformOf = ({ context }: (typeof contexts)[number]): unknown =>
    context.options['platform']
  const frontend = contexts.find(({ context }) => context.name === FRONTEND)
  const isShared = contexts.some(
    (one) => one !== frontend && frontend && platformOf(one) === platformOf(frontend),
  )
  const isLeft = ({ context }: (typeof contexts)[number]): boolean =>
    context.name === FRONTEND ||
    (frontend !== undefined && !isShared && `@${context.name}` === platformOf(frontend))
  return {
    kept: contexts
      .filter((one) => !isLeft(one))
      .map(({ context, unknownKeys }) => ({ item: 'context', context, unknownKeys })),
    left: contexts
      .filter(isLeft)
      .map(({ context }) =>
        toUnreadable(context.name, 'It belongs to Aegir’s own frontend, and is left to it.'),
      ),
  }
}

const toUnreadable = (name: string, message: string): KeptItem => ({
  item: 'unreadable',
  name,
  code: 'backend.broken-context',
  message,
})

async function listBackups(connection: Connection, folder: string): Promise<KeptItem[]> {
  const { stdout, exitCode } = await connection.exec(
    { argv: [folder], script: BACKUPS },
    { timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_BYTES },
  )
  if (exitCode !== 0)
    throw new AppError('backend.no-result', `The folder of backups ${folder} could not be read.`)
  return stdout.toString('utf8').split('\0').flatMap(toBackup)
}

const Backup = z.tuple([z.coerce.number().min(0), z.coerce.number().int().min(0), ServerPath])

/** `<host name>-<date>.<time>`, perhaps a number, and whatever it was packed with. */
function toBackup(text: string): KeptItem[] {
  const [, time, size, path] = /([\d.]+) (\d+) (\/.*)$/.exec(text) ?? []
  const parsed = Backup.safeParse([time, size, path])
  if (!parsed.success) return []
  const [modifiedAt, sizeBytes, file] = parsed.data
  const uri = /^(.+)-\d{8}\.\d{6}(?:_\d+)?(?:\.[a-z0-9]+)*$/.exec(file.split('/').at(-1) ?? '')?.[1]
  if (uri === undefined) return []
  return [
    {
      item: 'backup',
      file,
      uri,
      createdAt: Math.round(modifiedAt * 1000),
      sizeBytes,
      description: '',
    },
  ]
}
