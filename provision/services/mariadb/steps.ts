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
export function createDatabaseStep({ socket, name }: Database): Step {
  return {
    kind: 'create-database',
    title: `Create the database ${name}`,
    async run(work) {
      const mariadb = new MariaDb(socket)
      // Looked at before it is noted: what is somebody else's is never dropped.
      if (await mariadb.has(name, work.signal))
        throw new ProvisionError(
          'PROVISION_DATABASE_TAKEN',
          `There is a database ${name} already, which is not of this site.`,
        )
      await work.willUndo(databaseDropped.of({ socket, name }))
      await mariadb.create(name, work.signal)
    },
    preview: () => Promise.resolve([{ kind: 'database', action: 'create', target: name }]),
  }
}

/** The database goes once all is done. */
export const dropDatabaseStep = ({ socket, name }: Database): Step => ({
  kind: 'drop-database',
  title: `Drop the database ${name}`,
  run: (work) => work.willDiscard(databaseDropped.of({ socket, name })),
  preview: () => Promise.resolve([{ kind: 'database', action: 'remove', target: name }]),
})
