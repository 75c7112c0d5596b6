import { namesIn } from '../system/files.ts'
import { ProvisionError } from '../system/provision-error.ts'

/** The one dump that lies beside a site's files. Throws PROVISION_DB_DUMP_NOT_FOUND where there is none, or more than one. */
export async function findDump(folder: string): Promise<string> {
  const dumps = (await namesIn(folder)).filter((name) => name.endsWith('.sql'))
  const [dump, another] = dumps
  if (dump !== undefined && another === undefined) return dump
  throw new ProvisionError(
    'PROVISION_DB_DUMP_NOT_FOUND',
    dump === undefined
      ? `There is no dump of the database in ${folder}: put it there as a file whose name ends in .sql.`
      : `There is more than one dump in ${folder}: ${dumps.slice(0, 5).join(', ')}. Leave only the one to import.`,
  )
}
