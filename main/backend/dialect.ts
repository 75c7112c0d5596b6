import type { Dialect } from '#shared/domain/objects.ts'
import { shorten } from '#shared/text.ts'
import type { Connection } from '../ssh/connection.ts'
import type { Finding } from '../ssh/far-checks.ts'
import { findDrush, isAegir } from './aegir/find-drush.ts'
import { findOtherFrontend } from './aegir/side-by-side.ts'

/** Which dialect an account speaks, and what that was told from. */
export interface FoundDialect {
  dialect: Dialect
  message: string
  /** Aegir's own frontend starts work there by itself, every minute. */
  isSharedWithFrontend: boolean
}

/** Looks whether the account is one of Aegir's; any other is ours. Changes nothing there. */
export async function findDialect(connection: Connection): Promise<FoundDialect> {
  const found = await findDrush(connection)
  if (!isAegir(found))
    return {
      dialect: 'native',
      message: 'Nothing of Aegir’s is there: it will run Hosting Desk’s own program',
      isSharedWithFrontend: false,
    }
  const { crontabLines, daemons } = await findOtherFrontend(connection)
  const isSharedWithFrontend = crontabLines.length > 0 || daemons.length > 0
  const contexts = found.contexts === 1 ? '1 context' : `${found.contexts} contexts`
  const shared = isSharedWithFrontend ? '; Aegir’s own frontend works on it, too' : ''
  return {
    dialect: 'aegir',
    message: shorten(`An account of Aegir’s: Drush ${found.version}, ${contexts}${shared}`, 500),
    isSharedWithFrontend,
  }
}

/** The last stage of a connection check. */
export async function checkDialect(connection: Connection): Promise<Finding> {
  const { dialect, message } = await findDialect(connection)
  return { state: 'ok', message, remedy: null, code: null, dialect }
}
