import type { Context } from '../context/context.ts'
import type { ContextType } from '../context/keys.ts'
import { deletePlatform, lockPlatform, unlockPlatform, verifyPlatform } from './platform.ts'
import { deleteServer, verifyServer } from './server.ts'
import type { CommandResult, Session } from './session.ts'
import { resetLogin, runCron } from './site-abilities.ts'
import { cloneSite } from './site-clone.ts'
import { disableSite, enableSite } from './site-enable.ts'
import { importSite } from './site-import.ts'
import { readSiteLog } from './site-logs.ts'
import { migrateSite } from './site-migrate.ts'
import { restoreSite } from './site-restore.ts'
import { thenAsking } from './site-status.ts'
import { backupSite, deleteSite, installSite, verifySite } from './site.ts'

export interface Command {
  run(session: Session, context: Context, args: readonly string[]): Promise<CommandResult>
  /** What its arguments are, for whoever got them wrong; none where absent. */
  args?: readonly string[]
  /** It only reads, and waits for nobody. */
  isReading?: boolean
}

/** What each type of context can be told to do, beside `save` and `backup-delete`. */
export const COMMANDS: Readonly<Record<ContextType, Readonly<Record<string, Command>>>> = {
  server: { verify: { run: verifyServer }, delete: { run: deleteServer } },
  platform: {
    verify: { run: verifyPlatform },
    lock: { run: lockPlatform },
    unlock: { run: unlockPlatform },
    delete: { run: deletePlatform },
  },
  site: {
    verify: { run: verifySite },
    install: { run: thenAsking(installSite) },
    backup: { run: backupSite },
    restore: { run: thenAsking(restoreSite), args: ['FILE'] },
    enable: { run: enableSite },
    disable: { run: disableSite },
    clone: { run: thenAsking(cloneSite), args: ['@NEW-NAME', '@PLATFORM', '[FILE]'] },
    migrate: { run: thenAsking(migrateSite), args: ['@PLATFORM', '[@NEW-NAME]'] },
    import: { run: thenAsking(importSite), args: ['[FILE]'] },
    cron: { run: runCron },
    'login-reset': { run: resetLogin },
    logs: { run: readSiteLog, args: ['WHICH', '[LINES]', '[BEFORE]'], isReading: true },
    delete: { run: deleteSite },
  },
}

export const COMMAND_NAMES: readonly string[] = [
  ...new Set([
    'save',
    'backup-delete',
    ...Object.values(COMMANDS).flatMap((commands) => Object.keys(commands)),
  ]),
]

export const findCommand = (type: ContextType, name: string): Command | undefined =>
  Object.hasOwn(COMMANDS[type], name) ? COMMANDS[type][name] : undefined

/** Whether every command of this name only reads. */
export const isReading = (name: string): boolean => {
  const found = Object.values(COMMANDS).flatMap((commands) => commands[name] ?? [])
  return found.length > 0 && found.every((command) => command.isReading === true)
}
