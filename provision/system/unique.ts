let count = 0

/**
 * A name that no other living process of this machine uses. Not secret: it is only used in folders of our own. (Loading
 * node:crypto for random bytes would make each start 5 ms longer.)
 */
export const uniqueName = (): string =>
  `${process.pid}-${process.hrtime.bigint().toString(36)}-${count++}`
