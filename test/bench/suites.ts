import type { BenchRow } from './bench-row.ts'
import { benchInterface } from './interface.ts'
import { benchSites } from './sites.ts'
import { benchSsh } from './ssh.ts'
import { benchStore } from './store.ts'
import { benchTasks } from './tasks.ts'

export interface BenchOptions {
  /** Alternating rounds; the medians count. */
  rounds: number
  /** How many no-op tasks make a load. */
  tasks: number
}

/** Everything that is measured, by name, in the order in which it is. */
export const SUITES: Readonly<Record<string, (options: BenchOptions) => Promise<BenchRow[]>>> = {
  store: benchStore,
  ssh: benchSsh,
  tasks: benchTasks,
  sites: benchSites,
  interface: benchInterface,
}
