import { readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { FaultPoint } from '../../provision/steps/faults.ts'
import type { WantedFault } from '../fixtures/faults/faults.ts'
import type { Ran } from './provision.ts'

/** The file that takes the place of the program's own `faults` (see program-with.ts). */
export const FAULTS = path.join(import.meta.dirname, '../fixtures/faults/faults.ts')

/** A machine with the program that can fail, and how to tell whether it is as it was. */
export interface FaultMachine {
  /** A file that the account can write to. */
  pointsFile: string
  /** Runs the program; `killed` where it ended without a result. */
  run(
    argv: readonly string[],
    request: JsonRecord,
    env: Readonly<Record<string, string>>,
  ): Promise<Ran | 'killed'>
  /**
   * SIGKILL only after each note and in each step. Killed before a step or after it, the machine is as it was when it was
   * killed in the one before, or in this one: nothing is noted between.
   */
  isQuick?: boolean
  /** Everything that is compared, by name: files, databases, what the web server answers … */
  snapshots: Readonly<Record<string, () => unknown>>
}

export interface FaultCase {
  /** `site backup`, `platform lock`: the type of context and the command. */
  command: string
  request?: JsonRecord
  /** Snapshots that are not compared, since what the site's own code does is not taken back. */
  ignores?: readonly string[]
  /** How the command then really ends: killed when it was committed, or in its first discard; the next run finishes it. */
  end?: 'committed' | 'discarded'
}

/** The command on one of the machines that are alike. */
export interface Trial {
  machine: FaultMachine
  argv: readonly string[]
}

/** What was made to fail. */
export interface FaultRow {
  command: string
  kind: string
  phase: FaultPoint['phase']
  mode: WantedFault['mode']
}

interface Fault extends FaultPoint, WantedFault {
  at: number
}

/** What takes back, or finishes: the next run of this account. */
const NEXT = ['provision-dispatch']

/**
 * Makes one command fail at each point that it passes, by throwing and by SIGKILL, and expects the machine to be as it was
 * each time; then lets it be killed once it is committed, and finished by the next run. The points are counted by a
 * first run, that fails after its last step. A fault leaves a machine as it was, so machines that are alike share them:
 * each takes the next one when it is done with its last.
 */
export async function failEverywhere(
  trials: readonly [Trial, ...Trial[]],
  { command, request = {}, ignores = [], end = 'committed' }: FaultCase,
): Promise<FaultRow[]> {
  const before = await Promise.all(trials.map(({ machine }) => look(machine, ignores)))
  const [first] = trials
  const points = await countPoints(first, request)
  expect(await look(first.machine, ignores), 'taken back after the last step').toEqual(before[0])
  const faults = points.flatMap((point, at) =>
    modesOf(point.phase, first.machine.isQuick).map((mode): Fault => ({ ...point, at, mode })),
  )
  const waiting = [...faults]
  const work = trials.map(async (trial, index) => {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
      const { phase, mode, title } = fault
      await fail(trial, request, fault)
      const after = await look(trial.machine, ignores)
      expect(after, `${mode} ${phase} “${title}”`).toEqual(before[index])
    }
  })
  await allOf(work.map((one) => one.finally(() => waiting.splice(0))))
  const at = points.length + (end === 'committed' ? 0 : 1)
  await allOf(trials.map((trial) => fail(trial, request, { at, mode: 'kill' })))
  const rows = faults.map(({ kind, phase, mode }) => ({ command, kind, phase, mode }))
  return [...rows, { command, kind: 'commit', phase: end, mode: 'kill' }]
}

/** Waits for all of them, also where one fails. */
async function allOf(work: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(work)
  await Promise.all(work)
}

/** A throw upon a note is a step that fails by itself. */
function modesOf(phase: FaultPoint['phase'], isQuick = false): readonly WantedFault['mode'][] {
  if (phase === 'noted') return ['kill']
  return isQuick && phase !== 'in' ? ['throw'] : ['throw', 'kill']
}

/** All points up to the commit. */
async function countPoints({ machine, argv }: Trial, request: JsonRecord): Promise<FaultPoint[]> {
  const { pointsFile } = machine
  rmSync(pointsFile, { force: true })
  const ran = await machine.run(argv, request, {
    HOSTING_DESK_FAULT: JSON.stringify({ at: 'commit', mode: 'throw' }),
    HOSTING_DESK_FAULT_POINTS: pointsFile,
  })
  if (ran === 'killed') throw new Error('The program ended without a result.')
  expect(ran.result.errorMessage).toMatch(/^A fault before “Done”/)
  const points = readFileSync(pointsFile, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as FaultPoint)
  rmSync(pointsFile)
  return points
}

async function fail(
  { machine, argv }: Trial,
  request: JsonRecord,
  { at, mode }: WantedFault,
): Promise<void> {
  const ran = await machine.run(argv, request, { HOSTING_DESK_FAULT: JSON.stringify({ at, mode }) })
  if (mode === 'throw') return expectThrown(ran)
  expect(ran).toBe('killed')
  expectNoTrouble(await machine.run(NEXT, {}, {}))
}

function expectThrown(ran: Ran | 'killed'): void {
  expectNoTrouble(ran)
  expect(ran).toMatchObject({ result: { isOk: false, errorCode: 'PROVISION_FAILED' } })
}

function expectNoTrouble(ran: Ran | 'killed'): void {
  if (ran === 'killed') throw new Error('The program ended without a result.')
  const trouble = ran.events.filter(
    (event) =>
      event.event === 'log' &&
      (event.level === 'error' || /left behind|not be taken back|by hand/.test(event.message)),
  )
  expect(trouble).toEqual([])
}

async function look(
  { snapshots }: FaultMachine,
  ignores: readonly string[],
): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {}
  for (const [name, take] of Object.entries(snapshots))
    if (!ignores.includes(name)) seen[name] = await take()
  return seen
}

/**
 * The kinds of all steps in the program's source, as they stand there: `kind: '…'` in the line before `title:`.
 */
export function kindsInSource(): string[] {
  const root = path.join(import.meta.dirname, '../../provision')
  const texts = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(path.join(root, name), 'utf8'))
  const kinds = texts.flatMap((text) =>
    [...text.matchAll(/\bkind: '([a-z-]+)',\s+title\b/g)].map(([, kind = '']) => kind),
  )
  return [...new Set(kinds)].sort()
}

/** Kinds that only sites with code have: they fail on a prepared machine (provision-faults-code.test.ts). */
export const KINDS_OF_CODE = [
  'ask-status',
  'claim-slot',
  'create-database',
  'drop-database',
  'free-slot',
  'hand-slot',
  'install-site',
  'load-database',
  'make-site',
  'normalise',
  'open-tree',
  'remove-site',
  'replace-addresses',
  'settle-foreign',
  'tell-new-address',
  'unpack-site',
  'update-site',
  'write-settings',
]
