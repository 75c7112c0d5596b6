import path from 'node:path'
import type { PlannedChange } from '#shared/protocol/planned-change.ts'
import { removal } from '../../steps/files.ts'
import type { Step, Work } from '../../steps/step.ts'
import { undoKind, type UndoTools } from '../../steps/undo.ts'
import { kindOf, namesIn } from '../../system/files.ts'
import { findMachineFile, type MachineFile } from '../../system/machine-file.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import { removeTrees } from '../../system/trees.ts'
import { type Database, MariaDb } from '../mariadb/mariadb.ts'
import { SlotClaims } from './claims.ts'
import { SlotDoor } from './door.ts'
import { type Slot, slotOf } from './slot.ts'

/** What takes back is not cancelled. */
const NEVER = new AbortController().signal

/**
 * Gives a slot back: nothing of its site is left in it, no file, no process, no session, no database that its code made
 * beside its own. Nothing happens where the slot is not this site's.
 */
export const slotFreed = undoKind(
  'slot-freed',
  async ({ slot, site }: { slot: string; site: string }, tools) => {
    const { machine, claims } = await openSlots(tools)
    if ((await claims.find(site))?.name !== slot) return
    const { folder, ...rest } = slotOf(machine, slot)
    const door = new SlotDoor(machine, { folder, ...rest })
    await door.scrub(NEVER)
    await door.normalise(folder, NEVER)
    await removeTrees((await namesIn(folder)).map((name) => path.join(folder, name)))
    await new MariaDb(machine.mariadbSocket).dropAllOf(slot, NEVER)
    await claims.release(slot, site)
  },
)

/** Removes a folder of a site in its slot, of which the site's code may have closed parts. */
export const siteRemoved = undoKind(
  'site-removed',
  async ({ slot, path: target }: { slot: string; path: string }, tools) => {
    if ((await kindOf(target)) === 'absent') return
    const { machine } = await openSlots(tools)
    await new SlotDoor(machine, slotOf(machine, slot)).normalise(target, NEVER)
    await removeTrees([target])
  },
)

/** Writes the name of its site on a slot that has another one. */
export const slotHanded = undoKind(
  'slot-handed',
  async ({ slot, from, to }: { slot: string; from: string; to: string }, tools) => {
    const { claims } = await openSlots(tools)
    await claims.hand(slot, from, to)
  },
)

export const slotKinds = [slotFreed, siteRemoved, slotHanded]

async function openSlots({
  folders,
}: UndoTools): Promise<{ machine: MachineFile; claims: SlotClaims }> {
  const machine = await findMachineFile()
  if (machine === undefined)
    throw new ProvisionError(
      'PROVISION_NOT_BOOTSTRAPPED',
      'This server has no slots any more: run the bootstrap script again.',
    )
  return { machine, claims: new SlotClaims(machine, folders.slotClaims) }
}

/** Takes a slot that is free for a site, and makes sure that nothing is in it. */
export function claimSlotStep(
  claims: SlotClaims,
  { slot, door, database, site }: { slot: Slot; door: SlotDoor; database: Database; site: string },
): Step {
  return {
    kind: 'claim-slot',
    title: `Take the slot ${slot.name}`,
    async run(work) {
      // Where PHP does not answer, a slot could not be given back either.
      await door.normalise(slot.folder, work.signal)
      // Looked at before it is noted: what somebody else left there is never removed.
      await refuseUsed(slot, database, work.signal)
      await work.willUndo(slotFreed.of({ slot: slot.name, site }))
      if (!(await claims.take(site, slot.name)))
        throw new ProvisionError('PROVISION_LOCKED', `The slot ${slot.name} was just taken.`)
      await door.scrub(work.signal)
    },
    async preview(signal) {
      await refuseUsed(slot, database, signal)
      return [{ kind: 'slot', action: 'create', target: slot.name, detail: `taken for @${site}` }]
    },
  }
}

/** Throws PROVISION_SLOT_NOT_EMPTY and PROVISION_DATABASE_TAKEN. Only this account can put anything at a slot's gate. */
async function refuseUsed(slot: Slot, { socket }: Database, signal: AbortSignal): Promise<void> {
  const [left] = await namesIn(slot.folder)
  if (left !== undefined)
    throw new ProvisionError(
      'PROVISION_SLOT_NOT_EMPTY',
      `${path.join(slot.folder, left)} is left in the free slot ${slot.name}: look at it, and remove it.`,
    )
  const [name] = await new MariaDb(socket).namesOf(slot.name, signal)
  if (name !== undefined)
    throw new ProvisionError(
      'PROVISION_DATABASE_TAKEN',
      `There is a database ${name} of the free slot ${slot.name}: look at it, and drop it.`,
    )
}

/** The slot is given back once all is done. `database` is the site's own, of which another step tells that it goes. */
export const freeSlotStep = (slot: Slot, site: string, database: Database): Step => ({
  kind: 'free-slot',
  title: `Give the slot ${slot.name} back`,
  run: (work) => work.willDiscard(slotFreed.of({ slot: slot.name, site })),
  async preview(signal) {
    const all = await new MariaDb(database.socket).namesOf(slot.name, signal)
    const others = all.filter((name) => name !== database.name)
    const detail = 'its processes, sessions and temporary files go, and it is free'
    return [
      ...others.map((target) => planned('database', target, 'made by the site’s code')),
      planned('slot', slot.name, detail),
    ]
  },
})

const planned = (kind: PlannedChange['kind'], target: string, detail: string): PlannedChange => ({
  kind,
  action: 'remove',
  target,
  detail,
})

export const handSlotStep = (
  claims: SlotClaims,
  slot: Slot,
  { from, to }: { from: string; to: string },
): Step => ({
  kind: 'hand-slot',
  title: `Note that ${slot.name} is of ${to}`,
  async run(work) {
    await work.willUndo(slotHanded.of({ slot: slot.name, from: to, to: from }))
    await claims.hand(slot.name, from, to)
  },
  preview: () =>
    Promise.resolve([
      { kind: 'slot', action: 'change', target: slot.name, detail: `of @${to} from then on` },
    ]),
})

/** Where a new folder of a site is made: on failure it is gone, whatever the site's code did in it. */
export async function willRemove(
  work: Work,
  slot: Slot | undefined,
  target: string,
): Promise<void> {
  await work.willUndo(
    slot === undefined
      ? removal.of({ path: target })
      : siteRemoved.of({ slot: slot.name, path: target }),
  )
}
