import { writeFileSync } from 'node:fs'
import { createServer } from 'vite'
import type { BenchRow } from '../test/bench/bench-row.ts'
import { parseArgs } from 'node:util'

/**
 * `npm run bench [-- --json FILE] [--rounds 5] [--tasks 1000]`: our figures beside what a user would pick instead, in
 * alternating rounds on one machine. Needs root, sshd and nothing else running. Times are this machine's; the ratios are
 * what counts.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    tasks: { type: 'string', default: '1000' },
    only: { type: 'string' },
  },
})
const rounds = Number(values.rounds)

// The store's migrations are imported as text, which is the bundler's to do.
const vite = await createServer({
  configFile: false,
  server: { middlewareMode: true },
  appType: 'custom',
  logLevel: 'error',
})
const load = async <Module>(file: string): Promise<Module> =>
  (await vite.ssrLoadModule(file)) as Module

const suites: Record<string, () => Promise<BenchRow[]>> = {
  async store() {
    const { benchStore } =
      await load<typeof import('../test/bench/store.ts')>('/test/bench/store.ts')
    return benchStore({ rounds })
  },
  async ssh() {
    const { benchSsh } = await load<typeof import('../test/bench/ssh.ts')>('/test/bench/ssh.ts')
    return benchSsh({ rounds })
  },
  async tasks() {
    const { benchTasks } =
      await load<typeof import('../test/bench/tasks.ts')>('/test/bench/tasks.ts')
    return benchTasks({ rounds, tasks: Number(values.tasks) })
  },
}

const rows: BenchRow[] = []
for (const [name, run] of Object.entries(suites)) {
  if (values.only !== undefined && values.only !== name) continue
  for (const row of await run()) {
    rows.push(row)
    console.log(renderRow(row))
  }
}
await vite.close()
if (values.json !== undefined)
  writeFileSync(
    values.json,
    `${JSON.stringify({ measuredAt: new Date().toISOString(), rounds, rows }, null, 2)}\n`,
  )
process.exit(0)

function renderRow({ what, beside, ours, theirs, unit, ratio, goal }: BenchRow): string {
  const isReached = goal.at === 'most' ? ratio <= goal.ratio : ratio >= goal.ratio
  const sign = goal.at === 'most' ? '≤' : '≥'
  const figures = `${ours.toFixed(2)} : ${theirs.toFixed(2)} ${unit}`
  return `${isReached ? '✓' : '✗'} ${ratio.toFixed(2)} × (goal ${sign} ${goal.ratio})  ${figures}  ${what}, beside ${beside}`
}
