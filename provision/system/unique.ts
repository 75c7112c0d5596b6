let count = 0

/**
 * A name that no other living process of this machine uses. Not secret: it is only used in folders of our own. (Loading
 * node:crypto for random bytes would make each start 5 ms longer.)
 */
export const uniqueName = (): string =>
  `${process.pid}-${process.hrtime.bigint().toString(36)}-${count++}`

/** What is being written beside what it becomes. A process that was killed leaves it behind (leftovers.ts). */
export const halfWrittenName = (): string => `.tmp-${uniqueName()}`

/** The process that began to write what has such a name; undefined of any other name. */
export function writerOf(name: string): number | undefined {
  const pid = /^\.tmp-(\d+)-/.exec(name)?.[1]
  return pid === undefined ? undefined : Number(pid)
}
