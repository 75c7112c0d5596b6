import {
  MAX_LINE_BYTES,
  parseRequest,
  PROTOCOL,
  type ProvisionRequest,
  renderEvent,
} from '#shared/protocol/wire.ts'
import { ACCOUNT_COMMANDS, type AccountCommand, parseCommandLine } from './commands/command-line.ts'
import { COMMAND_NAMES, findCommand, isReading } from './commands/commands.ts'
import { deleteBackups } from './commands/backup-delete.ts'
import { dispatch } from './commands/dispatch.ts'
import { list } from './commands/list.ts'
import { toCommand } from './commands/extension-command.ts'
import { save } from './commands/save.ts'
import { type CommandResult, Session } from './commands/session.ts'
import { ContextStore } from './context/store.ts'
import type { Extensions } from './extensions/extensions.ts'
import { findInForce } from './extensions/in-force.ts'
import { loadExtensions, takeExtensionPaths } from './extensions/load.ts'
import { WEB_SERVICE_NAMES } from './commands/web.ts'
import { fitDiffs } from './steps/preview.ts'
import { hasOrphans } from './steps/recover.ts'
import type { Reporter } from './steps/run-steps.ts'
import { effectiveUid, findHome, foldersOf } from './system/account.ts'
import { ensureFolder } from './system/files.ts'
import { cancelled, ProvisionError, toProvisionError } from './system/provision-error.ts'
import { fillReserve, giveUpReserve } from './system/reserve.ts'
import { endWith, listenForStop, readInput, writeLine } from './system/streams.ts'
import { VERSION } from './version.ts'

const reporter: Reporter = {
  log: (level, message) => writeLine(renderEvent({ event: 'log', level, message, at: Date.now() })),
  progress: (step, of, title) =>
    writeLine(renderEvent({ event: 'progress', step, of, title, at: Date.now() })),
}

/** Runs one command and returns the exit code: 0 done, 1 failed, 2 not understood. The result is the last line. */
async function main(argv: readonly string[]): Promise<number> {
  const { paths, rest } = takeExtensionPaths(argv)
  // Root runs nothing of an extension: it is refused below.
  const extensions = await openExtensions(effectiveUid() === 0 ? [] : await placesFor(rest, paths))
  const line = parseCommandLine(rest, [...COMMAND_NAMES, ...extensions.commandNames])
  if (line.kind === 'version') {
    writeLine(`${VERSION}\n`)
    return 0
  }
  const signal = listenForStop()
  try {
    refuseRoot()
    if (line.kind === 'wrong') throw new ProvisionError('PROVISION_USAGE', line.problem)
    process.umask(0o027)
    printResult(
      line.kind === 'account'
        ? await runForAccount(line.name, signal, extensions)
        : await runCommand(line, await readRequest(), signal, extensions),
    )
    return 0
  } catch (error) {
    const { code, message } = signal.aborted ? cancelled() : toProvisionError(error)
    printFailure(code, message)
    return code === 'PROVISION_USAGE' ? 2 : 1
  }
}

/** A crontab names no extension: what this account does by itself goes by those that the frontend named last. */
const placesFor = (
  rest: readonly string[],
  named: readonly string[],
): Promise<readonly string[]> =>
  named.length === 0 && /^(provision-)?dispatch$/.test(rest[0] ?? '')
    ? findInForce(foldersOf(findHome()))
    : Promise.resolve(named)

const openExtensions = (paths: readonly string[]): Promise<Extensions> =>
  loadExtensions(paths, {
    folder: foldersOf(findHome()).extensions,
    shipped: {
      commands: [...COMMAND_NAMES, ...ACCOUNT_COMMANDS],
      webServices: WEB_SERVICE_NAMES,
    },
    onProblem: (message) => reporter.log('warning', message),
  })

function refuseRoot(): void {
  if (effectiveUid() !== 0) return
  throw new ProvisionError(
    'PROVISION_IS_ROOT',
    'This program does not run as root: log in as an account of its own.',
  )
}

async function readRequest(): Promise<ProvisionRequest> {
  const text = await readInput(MAX_LINE_BYTES)
  if (text === undefined)
    throw new ProvisionError('PROVISION_BAD_REQUEST', 'The request is too long.')
  const request =
    text.trim() === ''
      ? { protocol: PROTOCOL, contextOptions: {}, options: {}, dryRun: false }
      : parseRequest(text)
  if (typeof request === 'string') throw new ProvisionError('PROVISION_BAD_REQUEST', request)
  if (request.protocol !== PROTOCOL)
    throw new ProvisionError(
      'PROVISION_PROTOCOL',
      `This program speaks protocol ${PROTOCOL}, not ${request.protocol}.`,
    )
  return request
}

async function runCommand(
  { name, context, args }: { name: string; context: string; args: readonly string[] },
  { contextOptions, options, dryRun }: ProvisionRequest,
  signal: AbortSignal,
  extensions: Extensions,
): Promise<CommandResult> {
  const session = openSession(name, signal, extensions, { options, isPreview: dryRun })
  if (dryRun) return previewCommand(session, name, { context, args, contextOptions })
  const { folders } = session
  const { contexts, journals, slotClaims, sites, backups, reserve } = folders
  if (MAKES_ROOM.includes(name) || (await hasOrphans(journals))) await giveUpReserve(reserve)
  for (const folder of [contexts, journals, slotClaims, sites, backups]) await ensureFolder(folder)
  try {
    if (name === 'save') return await save(session, context, contextOptions)
    if (!isReading(name)) await session.hold(context)
    // A deleted site has no context any more, but the backups that it left can still go.
    if (name === 'backup-delete') return await deleteBackups(session, args)
    return await runOn(session, name, context, args)
  } finally {
    await session.end()
    if (!isReading(name)) await fillReserve(reserve)
  }
}

/** What can be done on a disk that is full. */
const MAKES_ROOM: readonly string[] = ['delete', 'backup-delete']

function openSession(
  command: string,
  signal: AbortSignal,
  extensions: Extensions,
  {
    options = {},
    isPreview = false,
  }: { options?: ProvisionRequest['options']; isPreview?: boolean } = {},
): Session {
  const folders = foldersOf(findHome())
  const store = new ContextStore(folders.contexts)
  return new Session({
    command,
    folders,
    store,
    reporter,
    signal,
    extensions,
    options,
    isPreview,
    now: Date.now,
  })
}

/** What is about the account as a whole; nothing is read from standard input, which cron leaves open. */
async function runForAccount(
  name: AccountCommand,
  signal: AbortSignal,
  extensions: Extensions,
): Promise<CommandResult> {
  const session = openSession(name, signal, extensions)
  try {
    return await (name === 'list' ? list(session) : dispatch(session))
  } finally {
    await session.end()
  }
}

/** What a command would change, with the lasting facts that are saved before it; the machine is only read. */
async function previewCommand(
  session: Session,
  name: string,
  {
    context,
    args,
    contextOptions,
  }: {
    context: string
    args: readonly string[]
    contextOptions: ProvisionRequest['contextOptions']
  },
): Promise<CommandResult> {
  if (await hasOrphans(session.folders.journals))
    session.log('warning', 'A command was cut off: the next one first takes that back.')
  if (name === 'save' || Object.keys(contextOptions).length > 0)
    await save(session, context, contextOptions)
  if (name === 'backup-delete') await deleteBackups(session, args)
  else if (name !== 'save') await runOn(session, name, context, args)
  const changes = fitDiffs(session.planned).map((change) => ({ ...change }))
  return { data: { changes }, contexts: [], removedContexts: [] }
}

async function runOn(
  session: Session,
  name: string,
  contextName: string,
  args: readonly string[],
): Promise<CommandResult> {
  const context = await session.store.find(contextName)
  if (context === undefined)
    throw new ProvisionError(
      'PROVISION_MISSING_CONTEXT',
      `There is no context @${contextName} on this server: save it first.`,
    )
  const extension = session.extensions.findCommand(context.type, name)
  const command =
    findCommand(context.type, name) ?? (extension === undefined ? undefined : toCommand(extension))
  if (command === undefined)
    throw new ProvisionError('PROVISION_USAGE', `A ${context.type} has no command “${name}”.`)
  refuseWrongArgs(name, command.args ?? [], args)
  return command.run(session, context, args)
}

/** Names in brackets may be left out; nothing more than what is named is taken. */
function refuseWrongArgs(
  name: string,
  wanted: readonly string[],
  { length }: readonly string[],
): void {
  const least = wanted.filter((one) => !one.startsWith('[')).length
  if (length >= least && length <= wanted.length) return
  throw new ProvisionError(
    'PROVISION_USAGE',
    `${name} takes ${wanted.length === 0 ? 'no arguments' : wanted.join(' ')} after the context.`,
  )
}

function printResult({ data, contexts, removedContexts }: CommandResult): void {
  const at = Date.now()
  const ok = { event: 'result', isOk: true, errorCode: null, errorMessage: null } as const
  const lists = { contexts: [...contexts], removedContexts: [...removedContexts] }
  writeLine(renderEvent({ ...ok, data, ...lists, at }))
}

function printFailure(errorCode: string, errorMessage: string): void {
  const at = Date.now()
  const none = { data: {}, contexts: [], removedContexts: [] }
  writeLine(renderEvent({ event: 'result', isOk: false, errorCode, errorMessage, ...none, at }))
}

endWith(await main(process.argv.slice(2)))
