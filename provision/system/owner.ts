import { findBoot } from './boot.ts'
import { findStart } from './process-table.ts'

/** A process that holds something: its number alone may since have gone to another. */
export interface Owner {
  pid: number
  /** When it began, in a form that only serves to compare. */
  start: string
  /** Since when the machine is up. */
  boot: string
}

export const ourselves = async (): Promise<Owner> => ({
  pid: process.pid,
  start: (await findStart(process.pid)) ?? '',
  boot: await findBoot(),
})

export const isAlive = async ({ pid, start, boot }: Owner): Promise<boolean> =>
  start !== '' && (await findStart(pid)) === start && boot === (await findBoot())
