import { SlotDoor } from '../services/slots/door.ts'
import { slotOf } from '../services/slots/slot.ts'
import type { FoundJournal } from '../steps/journal.ts'
import { markOf } from '../system/children.ts'
import { findMachineFile } from '../system/machine-file.ts'
import { toProvisionError } from '../system/provision-error.ts'
import { claimsOf } from './ground.ts'
import type { Session } from './session.ts'

/** Ends the programs that a command that is gone had started in the slots of the sites that it held. */
export async function endInSlots(
  session: Session,
  { owner, contexts }: FoundJournal,
): Promise<void> {
  const machine = await findMachineFile()
  if (machine === undefined) return
  const taken = await claimsOf(session, machine).list()
  for (const { slot } of taken.filter((one) => contexts.includes(one.owner)))
    try {
      await new SlotDoor(machine, slotOf(machine, slot)).stop(markOf(owner))
    } catch (error) {
      const why = toProvisionError(error).message
      session.log('warning', `Whether it goes on in the slot ${slot} is not known: ${why}`)
    }
}
