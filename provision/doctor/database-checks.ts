import { MariaDb } from '../services/mariadb/mariadb.ts'
import { type Check, error, type Found, ok, type Patient, RUN_BOOTSTRAP } from './check.ts'

export const DATABASE_CHECKS: readonly Check[] = [{ name: 'database', look: checkDatabase }]

async function checkDatabase({ machine, signal }: Patient): Promise<Found | readonly Found[]> {
  if (machine === undefined) return []
  const mariadb = new MariaDb(machine.mariadbSocket)
  try {
    const version = await mariadb.version(signal)
    return judgeGrants(machine.account, machine.slots, version, await mariadb.grants(signal))
  } catch (problem) {
    signal.throwIfAborted()
    const said = problem instanceof Error ? problem.message : String(problem)
    return error(`The database does not let us in: ${said}`, 'As root: systemctl restart mariadb.')
  }
}

/** `grants`: lines of SHOW GRANTS. What the bootstrap script gives, and nothing more. */
export function judgeGrants(
  account: string,
  slots: readonly string[],
  version: string,
  grants: readonly string[],
): Found | Found[] {
  const wanted = slots.map((slot) => `GRANT ALL PRIVILEGES ON \`${slot}\\_%\`.* TO `)
  const isWanted = (line: string): boolean =>
    !line.includes('GRANT OPTION') &&
    (line.startsWith('GRANT USAGE ON *.* TO ') || wanted.some((one) => line.startsWith(one)))
  const missing = wanted.filter((one) => !grants.some((line) => line.startsWith(one))).length
  const found = grants
    .filter((line) => !isWanted(line))
    .map((line) =>
      error(
        `The database account ${account} may more than it needs: ${line.replace(/ IDENTIFIED .*/, '')}`,
        line.includes(`\`${account}__`) ? RUN_BOOTSTRAP : 'Revoke it, as root of the database.',
      ),
    )
  if (missing > 0)
    found.push(
      error(
        `The database account ${account} may not make databases for ${missing} of its ${slots.length} slots.`,
        RUN_BOOTSTRAP,
      ),
    )
  return found.length > 0
    ? found
    : ok(`MariaDB ${version} answers, and gives the account its slots' databases and nothing else.`)
}
