/** Where a step can be made to fail. */
export interface FaultPoint {
  /** Of the step; the number of steps for what comes behind the last. */
  index: number
  kind: string
  title: string
  /**
   * `noted`: a note is on disk, its effect has not begun. `in`: all of it has happened and it has not returned. `committed`:
   * nothing is taken back any more and nothing discarded yet. `discarded`: the first discard is done.
   */
  phase: 'before' | 'noted' | 'in' | 'after' | 'committed' | 'discarded'
}

/** Asked at each point; it may throw, or end the process. */
export type Faults = (point: FaultPoint) => void

/** What ships never fails on purpose: builds for tests put another module in the place of this one. */
export const faults: Faults = () => {}
