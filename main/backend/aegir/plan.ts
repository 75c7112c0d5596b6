import type { JsonRecord } from '#shared/domain/json.ts'
import { ContextName } from '#shared/domain/names.ts'
import { AppError } from '#shared/errors.ts'
import type { BackendRequest } from '../backend.ts'
import { toRunOptions, toSavedOptions, withMark } from './options.ts'

/** One Drush command. */
export interface DrushCommand {
  /** The context it runs on, without `@`; null: on none. */
  on: string | null
  command: string
  args: readonly string[]
  /** What it reads on standard input; null where nothing is said. */
  options: JsonRecord | null
}

export interface PlannedStage extends DrushCommand {
  name: string
  kind: 'save' | 'command' | 'forget' | 'look'
}

/** After these, what the backend keeps of an object may be new. */
const CHANGING = ['verify', 'install', 'import', 'enable', 'disable', 'clone', 'migrate']

/** BOA names a backup without an extension, and does not compress it, where nobody says how to make it. */
const WHOLE_SITE = { selected_backup_mode: 'site_files_with_mysqldump' }

/**
 * The stages of a request: what is lasting first, then the command, then what is forgotten, or a look at what is kept now.
 * Made of the request alone, so that who comes after a restart reads what was started before.
 */
export function planOf(request: BackendRequest): PlannedStage[] {
  checkNames(request)
  const { contexts, command, forgets } = request
  const looked = forgets === null ? lookedAt(request) : []
  return [
    ...contexts.map(({ name, options }) =>
      stage(`save @${name}`, 'save', saveCommand(name, toSavedOptions(options))),
    ),
    stage('command', 'command', toCommand(command)),
    ...(forgets === null
      ? []
      : [stage('forget', 'forget', saveCommand(forgets, { delete: true }))]),
    ...(looked.length === 0 ? [] : [stage('look', 'look', lookCommand(looked))]),
  ]
}

const stage = (name: string, kind: PlannedStage['kind'], command: DrushCommand): PlannedStage => ({
  name,
  kind,
  ...command,
})

export const saveCommand = (name: string, options: JsonRecord): DrushCommand => ({
  on: null,
  command: 'provision-save',
  args: [`@${name}`],
  options: withMark(options),
})

const lookCommand = (names: readonly string[]): DrushCommand => ({
  on: null,
  command: 'site-alias',
  args: names.map((name) => `@${name}`),
  options: null,
})

function toCommand({ name, context, args, options }: BackendRequest['command']): DrushCommand {
  const said = { ...(name === 'backup' ? WHOLE_SITE : {}), ...toRunOptions(options) }
  return {
    on: context,
    // Drupal's own, and not one of Provision's.
    command: name === 'cron' ? 'cron' : `provision-${name}`,
    args: name === 'backup-delete' ? [args.join(',')] : args,
    options: Object.keys(said).length === 0 ? null : withMark(said),
  }
}

/** The contexts that may be new afterwards, the one that the command made first. */
function lookedAt({ command: { name, context, args } }: BackendRequest): string[] {
  if (!CHANGING.includes(name)) return []
  const made = name === 'clone' ? args[0] : name === 'migrate' ? args[1] : undefined
  if (made === undefined) return [context]
  const bare = made.replace(/^@/, '')
  return name === 'clone' ? [bare, context] : [bare]
}

/** Aegir checks no name, and writes a file for each. */
function checkNames({ contexts, command, forgets }: BackendRequest): void {
  const names = [
    ...contexts.map(({ name }) => name),
    command.context,
    ...(forgets === null ? [] : [forgets]),
    ...command.args.filter((arg) => arg.startsWith('@')).map((arg) => arg.slice(1)),
  ]
  const bad = names.find((name) => !ContextName.safeParse(name).success)
  if (bad !== undefined)
    throw new AppError('input.invalid', `“${bad.slice(0, 100)}” cannot be the name of a context.`)
  if (command.args.some((arg) => arg.startsWith('-')))
    throw new AppError('input.invalid', 'An argument of a command must not look like an option.')
}
