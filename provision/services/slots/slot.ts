import path from 'node:path'
import type { MachineFile } from '../../system/machine-file.ts'

/** One of the fixed accounts that sites' code runs in, with what belongs to it. */
export interface Slot {
  /** Of the account, its group, its pool of PHP and its database account: `hd07`. */
  name: string
  /** The gate: only this account and the slot come in here. The folder of its site lies in it. */
  folder: string
  /** Where only PHP's door leads to it. */
  socket: string
}

export const slotOf = (machine: MachineFile, name: string): Slot => ({
  name,
  folder: path.join(machine.slotsFolder, name),
  socket: path.join(machine.socketFolder, `${name}.sock`),
})

export const siteFolderOf = ({ folder }: Slot, uri: string): string => path.join(folder, uri)
