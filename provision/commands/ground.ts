import { findText } from '../context/context.ts'
import type { Context } from '../context/context.ts'
import { type Database, MariaDb } from '../services/mariadb/mariadb.ts'
import { SlotClaims } from '../services/slots/claims.ts'
import { SlotDoor } from '../services/slots/door.ts'
import { type Slot, slotOf } from '../services/slots/slot.ts'
import { ProvisionError, toProvisionError } from '../system/provision-error.ts'
import { findMachineFile, type MachineFile } from '../system/machine-file.ts'
import type { Session } from './session.ts'

/** What a site with code stands on beside its files: its slot, and its database there. */
export interface Ground {
  slot: Slot
  /** How we do something as the slot's account. */
  door: SlotDoor
  database: Database
}

/** Throws PROVISION_NOT_BOOTSTRAPPED where this machine has no slots. */
export async function getMachine(): Promise<MachineFile> {
  const machine = await findMachineFile()
  if (machine !== undefined) return machine
  throw new ProvisionError(
    'PROVISION_NOT_BOOTSTRAPPED',
    'This server has no slots for sites with code: run the bootstrap script on it.',
  )
}

export const claimsOf = ({ folders }: Session, machine: MachineFile): SlotClaims =>
  new SlotClaims(machine, folders.slotClaims)

/** What an installed site stands on; undefined for one that is files only. */
export async function findGround(site: Context): Promise<Ground | undefined> {
  const name = findText(site, 'slot')
  const database = findText(site, 'db_name')
  if (name === undefined || database === undefined) return undefined
  const machine = await getMachine()
  if (!machine.slots.includes(name))
    throw new ProvisionError(
      'PROVISION_NO_SLOT',
      `The slot ${name} of @${site.name} is not on this server: run its bootstrap script with as many slots as before.`,
    )
  return groundOn(machine, name, database)
}

/**
 * Chooses a free slot for a new site and keeps other commands from it until the session ends; nothing is changed yet.
 * Throws PROVISION_NO_SLOT.
 */
export async function chooseGround(session: Session): Promise<Ground> {
  const machine = await getMachine()
  const claims = claimsOf(session, machine)
  for (const name of await claims.free()) {
    if (!(await tryHold(session, name)) || !(await claims.free()).includes(name)) continue
    return groundOn(machine, name, `${name}_main`)
  }
  throw new ProvisionError(
    'PROVISION_NO_SLOT',
    `All ${machine.slots.length} slots of this server are taken: run its bootstrap script again with more, or delete a site.`,
  )
}

async function tryHold(session: Session, slot: string): Promise<boolean> {
  try {
    await session.holdSlot(slot)
    return true
  } catch (error) {
    if (toProvisionError(error).code === 'PROVISION_LOCKED') return false
    throw error
  }
}

/** The same slot with another database, of a name that is free. */
export async function withNewDatabase(ground: Ground, signal: AbortSignal): Promise<Ground> {
  const { slot, database } = ground
  const name = await new MariaDb(database.socket).freeName(slot.name, signal)
  return { ...ground, database: { ...database, name } }
}

function groundOn(machine: MachineFile, name: string, database: string): Ground {
  const slot = slotOf(machine, name)
  return {
    slot,
    door: new SlotDoor(machine, slot),
    database: { name: database, user: name, socket: machine.mariadbSocket },
  }
}
