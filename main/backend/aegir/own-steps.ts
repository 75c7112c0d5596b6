import type { Json, JsonRecord } from '#shared/domain/json.ts'
import { AppError } from '#shared/errors.ts'
import type { BackendRequest } from '../backend.ts'
import { MARK, withMark } from './options.ts'
import { saveCommand, type DrushCommand } from './plan.ts'
import type { Step } from './steps-script.ts'

/** The commands in which Provision asks Aegir's own frontend to verify. */
export const CALLING_FRONTEND = ['clone', 'migrate', 'import']

/** What is known of the account before the steps are planned. */
export interface StepFacts {
  /** Records of contexts as they are there, by name; with their secrets, which go back where they came from. */
  records: ReadonlyMap<string, JsonRecord>
  /** Where backups lie. */
  backupFolder: string
  /** `20261125.230000`, for the name of a backup. */
  stamp: string
}

/**
 * What a command does that calls Aegir's own frontend, in steps that do not: save, back up, deploy, verify, delete. Each takes
 * back what it did where a later one fails; the site that was there is touched last.
 */
export function ownSteps(command: BackendRequest['command'], facts: StepFacts): Step[] {
  switch (command.name) {
    case 'clone':
      return cloneSteps(command, facts)
    case 'migrate':
      return command.args[1] === undefined || bare(command.args[1]) === command.context
        ? moveSteps(command, facts)
        : renameSteps(command, facts)
    default:
      return importSteps(command)
  }
}

function cloneSteps(
  { context, args, options }: BackendRequest['command'],
  facts: StepFacts,
): Step[] {
  const copy = bare(args[0] ?? '')
  const record = recordOf(context, facts)
  return [
    backUp(context, record, facts),
    ...bringUp(
      copy,
      context,
      {
        ...placed(record, copy, args[1] ?? null, options, facts),
        aliases: 'null',
        redirection: 'null',
        cron_key: 'null',
      },
      { record, facts },
    ),
  ]
}

/** To another platform under the same name: the old place gets a context of its own, by which it is then deleted. */
function moveSteps(
  { context, args, options }: BackendRequest['command'],
  facts: StepFacts,
): Step[] {
  const record = recordOf(context, facts)
  const target = placed(record, context, args[0] ?? null, options, facts)
  const left = `left.${context}`.slice(0, 235)
  return [
    backUp(context, record, facts),
    {
      title: `Save @${context} on its new platform`,
      kind: 'must',
      command: saveCommand(context, target),
      back: [saveCommand(context, record), on(context, 'provision-verify')],
    },
    deploy(context, record, facts),
    { title: `Verify @${context}`, kind: 'must', command: on(context, 'provision-verify') },
    {
      title: 'Name what was left on the old platform',
      kind: 'may',
      command: saveCommand(left, { ...record, aliases: 'null', redirection: 'null' }),
    },
    { title: 'Delete it', kind: 'may', command: on(left, 'provision-delete') },
    // Both have the same host name, so the web server has just lost it.
    { title: `Verify @${context} again`, kind: 'may', command: on(context, 'provision-verify') },
  ]
}

function renameSteps(
  { context, args, options }: BackendRequest['command'],
  facts: StepFacts,
): Step[] {
  const record = recordOf(context, facts)
  const name = bare(args[1] ?? '')
  const redirection =
    record['redirection'] === record['uri'] ? name : (record['redirection'] ?? 'null')
  const target = { ...placed(record, name, args[0] ?? null, options, facts), redirection }
  return [
    backUp(context, record, facts),
    ...bringUp(name, context, target, { record, facts }),
    { title: `Delete @${context}`, kind: 'may', command: on(context, 'provision-delete') },
    { title: `Verify @${name} again`, kind: 'may', command: on(name, 'provision-verify') },
  ]
}

const importSteps = ({ context, options }: BackendRequest['command']): Step[] => [
  {
    title: `Take over @${context}`,
    kind: 'frontend',
    command: on(context, 'provision-import', [], options),
  },
  { title: `Verify @${context}`, kind: 'must', command: on(context, 'provision-verify') },
]

/** A site under a new name: its context, its files and database from the backup, its configuration. */
function bringUp(
  name: string,
  from: string,
  target: JsonRecord,
  { record, facts }: { record: JsonRecord; facts: StepFacts },
): Step[] {
  return [
    {
      title: `Save @${name}`,
      kind: 'must',
      command: saveCommand(name, target),
      back: [saveCommand(name, { delete: true })],
    },
    deploy(name, record, facts, from),
    { title: `Verify @${name}`, kind: 'must', command: on(name, 'provision-verify') },
  ]
}

const backUp = (context: string, record: JsonRecord, facts: StepFacts): Step => ({
  title: `Back up @${context}`,
  kind: 'must',
  command: on(context, 'provision-backup', [backupFile(record, facts)]),
})

const deploy = (name: string, record: JsonRecord, facts: StepFacts, from = name): Step => ({
  title: `Put the backup of @${from} up as @${name}`,
  kind: 'must',
  command: on(name, 'provision-deploy', [backupFile(record, facts)], {
    old_uri: record['uri'] ?? from,
    strict: 0,
  }),
  back: [on(name, 'provision-delete', [], { force: true })],
})

const backupFile = ({ uri }: JsonRecord, { backupFolder, stamp }: StepFacts): string =>
  `${backupFolder}/${textOf(uri)}-${stamp}.tar.gz`

/** The record on its new platform, under its new name, without what belongs to the old place. */
function placed(
  record: JsonRecord,
  uri: string,
  platform: string | null,
  options: JsonRecord,
  facts: StepFacts,
): JsonRecord {
  const onPlatform = platform ?? record['platform']
  const { root } = recordOf(bare(textOf(onPlatform)), facts)
  const { site_path: _place, ssl_key: _key, ...rest } = record
  const isRenamed = uri !== record['uri']
  return {
    ...rest,
    uri,
    platform: onPlatform ?? null,
    root: root ?? null,
    ...said('db_server', options['new_db_server']),
    ...said('profile', options['profile']),
    // A key belongs to its host name.
    ...(isRenamed ? { ssl_enabled: 'null', ssl_key: 'null', https_enabled: 'null' } : {}),
  }
}

const said = (key: string, value: Json | undefined): JsonRecord =>
  value === undefined || value === null ? {} : { [key]: value }

function recordOf(name: string, { records }: StepFacts): JsonRecord {
  const record = records.get(name)
  if (record !== undefined) return record
  throw new AppError('backend.unknown-context', `The server does not know @${name} (any more).`)
}

function on(
  context: string,
  command: string,
  args: readonly string[] = [],
  options: JsonRecord = {},
): DrushCommand {
  const { [MARK]: _mark, ...plain } = options
  const isSilent = Object.keys(plain).length === 0
  return { on: context, command, args, options: isSilent ? null : withMark(plain) }
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

const bare = (name: string): string => name.replace(/^@/, '')
