import { toSizeText } from '#shared/size.ts'
import type { Step } from '../../steps/step.ts'
import { undoKind } from '../../steps/undo.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import { type Database, MariaDb } from './mariadb.ts'

/** Drops a database; one that is not there is fine. */
export const databaseDropped = undoKind(
  'database-dropped',
  ({ socket, name }: { socket: string; name: string }) => new MariaDb(socket).drop(name),
)

export const mariadbKinds = [databaseDropped]

/** Makes an empty database. Throws PROVISION_DATABASE_TAKEN where there is one of this name. */
export function createDatabaseStep({ socket, name, user }: Database): Step {
  const mariadb = new MariaDb(socket)
  const refuseTaken = async (signal: AbortSignal): Promise<void> => {
    if (await mariadb.has(name, signal))
      throw new ProvisionError(
        'PROVISION_DATABASE_TAKEN',
        `There is a database ${name} already, which is not of this site.`,
      )
  }
  return {
    kind: 'create-database',
    title: `Create the database ${name}`,
    async run(work) {
      // Looked at before it is noted: what is somebody else's is never dropped.
      await refuseTaken(work.signal)
      await work.willUndo(databaseDropped.of({ socket, name }))
      await mariadb.create(name, work.signal)
    },
    async preview(signal) {
      await refuseTaken(signal)
      return [{ kind: 'database', action: 'create', target: name, detail: `for ${user} alone` }]
    },
  }
}

/** How large a database is, for people. */
export const describeSize = async (
  { socket, name }: Database,
  signal: AbortSignal,
): Promise<string> => `about ${toSizeText(await new MariaDb(socket).sizeOf(name, signal))}`

/** The database goes once all is done. */
export const dropDatabaseStep = ({ socket, name, user }: Database): Step => ({
  kind: 'drop-database',
  title: `Drop the database ${name}`,
  run: (work) => work.willDiscard(databaseDropped.of({ socket, name })),
  async preview(signal) {
    const detail = await describeSize({ socket, name, user }, signal)
    return [{ kind: 'database', action: 'remove', target: name, detail }]
  },
})
