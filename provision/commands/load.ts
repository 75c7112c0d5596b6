import type { Context } from '../context/context.ts'
import { type Load, readLoad } from '../system/machine.ts'
import { ProvisionError } from '../system/provision-error.ts'

/** Aegir's critical_load_multiplier. */
const MULTIPLIER = 5

/** Aegir's rule: too busy when the load of the last minute is above five (or as set) for each processor. */
export const isOverloaded = ({ oneMinute, cpus }: Load, multiplier = MULTIPLIER): boolean =>
  oneMinute > Math.max(1, cpus) * multiplier

/** Throws PROVISION_OVERLOAD, upon which the frontend tries again later. */
export function refuseOverload(server: Context): void {
  const load = readLoad()
  const multiplier = server.options['critical_load_multiplier']
  if (!isOverloaded(load, typeof multiplier === 'number' ? multiplier : MULTIPLIER)) return
  throw new ProvisionError(
    'PROVISION_OVERLOAD',
    `The server is too busy: load ${load.oneMinute.toFixed(1)} on ${load.cpus} processors.`,
  )
}
