import fs from 'node:fs'
import type { Browser } from 'playwright-core'
import { countedLines } from '../support/desk.ts'
import { GrowingLog } from '../support/growing-log.ts'
import { installBuilt } from '../support/headless.ts'
import { median, type BenchRow } from './bench-row.ts'

const GROWTH = { lines: 120_000, linesPerSecond: 10_000 }
const KEYS = 40
const FRAME_MS = 1000 / 60

/**
 * Follows the log of a task that says 10,000 lines a second: whether the page keeps up to the last line, none lost, and
 * how fast it answers a key meanwhile. `data` is a folder of its own.
 */
export async function benchLogFollow(browser: Browser, data: string): Promise<BenchRow[]> {
  const installation = await installBuilt({ isCounting: true })
  fs.mkdirSync(data, { recursive: true, mode: 0o700 })
  try {
    const log = await GrowingLog.begin({ installation, browser, data }, GROWTH)
    try {
      return await measure(log)
    } finally {
      await log.end()
    }
  } finally {
    installation.remove()
  }
}

async function measure(log: GrowingLog): Promise<BenchRow[]> {
  const whileGrowing = await timeKeys(log)
  const shownAt = await log.untilAllShown()
  const entries = await log.linesInMain()
  const numbers = countedLines(entries)
  if (numbers.length !== GROWTH.lines || numbers.some((number, at) => number !== at))
    throw new Error(`Of ${GROWTH.lines} lines ${numbers.length} are there.`)
  const said = entries.filter(({ text }) => text.startsWith('line '))
  const [begunAt, endedAt] = [said[0]?.serverAt ?? NaN, said.at(-1)?.serverAt ?? NaN]
  const perSecond = (until: number): number => GROWTH.lines / ((until - begunAt) / 1000)
  return [
    {
      what: 'lines a second of a growing log, followed to the last and none lost',
      beside: 'as its server says them',
      ours: perSecond(shownAt),
      theirs: perSecond(endedAt),
      unit: '/s',
      ratio: perSecond(shownAt) / perSecond(endedAt),
      goal: { at: 'least', ratio: 0.95 },
    },
    toKeyRow(whileGrowing, 2 * (await timeKeys(log)) + FRAME_MS),
  ]
}

const toKeyRow = (ours: number, theirs: number): BenchRow => ({
  what: 'a key in a log that grows by 10,000 lines a second, to the frame',
  beside: 'twice the same once the log stands still, and one frame',
  ours,
  theirs,
  unit: 'ms',
  ratio: ours / theirs,
  goal: { at: 'most', ratio: 1 },
})

/** The key tells times in the other way, which is every line on the screen anew. */
async function timeKeys(log: GrowingLog): Promise<number> {
  const taken: number[] = []
  for (let time = 0; time < KEYS; time++) taken.push(await log.keyToFrame('t'))
  return median(taken)
}
