import { MariaDb } from '../services/mariadb/mariadb.ts'
import { type Check, error, type Found, ok, type Patient, RUN_BOOTSTRAP } from './check.ts'

export const DATABASE_CHECKS: readonly Check[] = [{ name: 'database', look: checkDatabase }]

async function checkDatabase({ machine, signal }: Patient): Promise<Found | readonly Found[]> {
  if (machine === undefined) return []
  const mariadb = new MariaDb(machine.mariadbSocket)
  try {
    const version = await mariadb.version(signal)
    return judgeGrants(machine.account, machine.slots.length, version, await mariadb.grants(signal))
  } catch (problem) {
    signal.throwIfAborted()
    const said = problem instanceof Error ? problem.message : String(problem)
    return error(`The database does not let us in: ${said}`, 'As root: systemctl restart mariadb.')
  }
}

/** `grants`: lines of SHOW GRANTS. What the bootstrap script gives, and nothing more. */
export function judgeGrants(
  account: string,
  slots: number,
  version: string,
  grants: readonly string[],
): Found | Found[] {
  const patterns = slots > 99 ? ['__', '___'] : ['__']
  const wanted = patterns.map(
    (digits) => `GRANT ALL PRIVILEGES ON \`${account}${digits}\\_%\`.* TO `,
  )
  const isWanted = (line: string): boolean =>
    !line.includes('GRANT OPTION') &&
    (line.startsWith('GRANT USAGE ON *.* TO ') || wanted.some((one) => line.startsWith(one)))
  const found = [
    ...grants
      .filter((line) => !isWanted(line))
      .map((line) =>
        error(
          `The database account ${account} may more than it needs: ${line.replace(/ IDENTIFIED .*/, '')}`,
          'Revoke it, as root of the database.',
        ),
      ),
    ...wanted
      .filter((one) => !grants.some((line) => line.startsWith(one)))
      .map(() =>
        error(
          `The database account ${account} may not make databases for the slots.`,
          RUN_BOOTSTRAP,
        ),
      ),
  ]
  return found.length > 0
    ? found
    : ok(`MariaDB ${version} answers, and gives the account its slots' databases and nothing else.`)
}
