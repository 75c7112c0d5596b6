import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createServer } from 'vite'
import { isReached, type BenchRow } from '../test/bench/bench-row.ts'
import type * as Suites from '../test/bench/suites.ts'

/**
 * `npm run bench [-- --json FILE] [--rounds 5] [--tasks 1000] [--only store|ssh|tasks|sites|interface]`: our figures beside what a user
 * would pick instead, in alternating rounds on one machine. Needs root and sshd, and a machine that does nothing else.
 * Times are this machine's; the ratios are what counts.
 */
const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    tasks: { type: 'string', default: '1000' },
    only: { type: 'string' },
  },
})
const options = { rounds: Number(values.rounds), tasks: Number(values.tasks) }

// The store's migrations are imported as text, which is the bundler's to do.
const vite = await createServer({
  configFile: false,
  server: { middlewareMode: true, watch: null },
  optimizeDeps: { noDiscovery: true },
  appType: 'custom',
  logLevel: 'error',
})
const { SUITES } = (await vite.ssrLoadModule('/test/bench/suites.ts')) as typeof Suites

const rows: BenchRow[] = []
for (const [name, run] of Object.entries(SUITES)) {
  if (values.only !== undefined && values.only !== name) continue
  for (const row of await run(options)) {
    rows.push(row)
    console.log(renderRow(row))
  }
}
await vite.close()
if (values.json !== undefined) {
  const figures = { measuredAt: new Date().toISOString(), ...options, rows }
  writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`)
}
process.exit(0)

function renderRow(row: BenchRow): string {
  const { what, beside, ours, theirs, unit, ratio, goal } = row
  const sign = goal.at === 'most' ? '≤' : '≥'
  const figures = `${ours.toFixed(2)} : ${theirs.toFixed(2)} ${unit}`
  return `${isReached(row) ? '✓' : '✗'} ${ratio.toFixed(2)} × (goal ${sign} ${goal.ratio})  ${figures}  ${what}, beside ${beside}`
}
