import type { Context } from '../context/context.ts'
import type { ContextType } from '../context/keys.ts'
import { deletePlatform, verifyPlatform } from './platform.ts'
import { deleteServer, verifyServer } from './server.ts'
import type { CommandResult, Session } from './session.ts'
import { backupSite, deleteSite, installSite, verifySite } from './site.ts'

export type Command = (session: Session, context: Context) => Promise<CommandResult>

/** What each type of context can be told to do, beside `save`. */
const COMMANDS: Readonly<Record<ContextType, Readonly<Record<string, Command>>>> = {
  server: { verify: verifyServer, delete: deleteServer },
  platform: { verify: verifyPlatform, delete: deletePlatform },
  site: { verify: verifySite, install: installSite, backup: backupSite, delete: deleteSite },
}

export const COMMAND_NAMES: readonly string[] = [
  ...new Set(['save', ...Object.values(COMMANDS).flatMap((commands) => Object.keys(commands))]),
]

export const findCommand = (type: ContextType, name: string): Command | undefined =>
  Object.hasOwn(COMMANDS[type], name) ? COMMANDS[type][name] : undefined
