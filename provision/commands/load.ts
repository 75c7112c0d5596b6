import type { Context } from '../context/context.ts'
import { type Load, readLoad } from '../system/machine.ts'
import { ProvisionError } from '../system/provision-error.ts'

/** Aegir's critical_load_multiplier. */
const MULTIPLIER = 5

/** Aegir's rule: too busy when the load of the last minute is above five (or as set) for each processor. */
export const isOverloaded = ({ oneMinute, cpus }: Load, multiplier = MULTIPLIER): boolean =>
  oneMinute > Math.max(1, cpus) * multiplier

/** How much load for each processor a server bears. */
export function loadMultiplier({ options }: Context): number {
  const multiplier = options['critical_load_multiplier']
  return typeof multiplier === 'number' ? multiplier : MULTIPLIER
}

/** Throws PROVISION_OVERLOAD, upon which the frontend tries again later. */
export function refuseOverload(server: Context): void {
  const load = readLoad()
  if (!isOverloaded(load, loadMultiplier(server))) return
  throw new ProvisionError(
    'PROVISION_OVERLOAD',
    `The server is too busy: load ${load.oneMinute.toFixed(1)} on ${load.cpus} processors.`,
  )
}
