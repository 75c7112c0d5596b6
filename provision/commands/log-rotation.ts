import type { Context } from '../context/context.ts'
import { toProvisionError } from '../system/provision-error.ts'
import type { Session } from './session.ts'
import { findWebService } from './web.ts'

/** Once a day, by whoever comes by: a dispatch of the server's own, or a verify. What goes wrong is told, and stops nothing. */
export async function rotateLogsOf(session: Session, server: Context): Promise<void> {
  const { now, signal } = session.parts
  try {
    await findWebService(session, server)?.rotateLogs?.(now(), signal)
  } catch (error) {
    session.log('warning', `The logs were not rotated: ${toProvisionError(error).message}`)
  }
}
