import type { JsonRecord } from '#shared/domain/json.ts'
import type { Connection } from '../../ssh/connection.ts'
import type { RunStage } from '../../ssh/run.ts'
import type { BackendRequest, DialectDriver } from '../backend.ts'
import { findDrush, getDrush, isAegir, type FoundDrush } from './find-drush.ts'
import { ensureControlFile, findFrontend } from './frontend.ts'
import { backupFolderOf, listAegir } from './list.ts'
import { renderOptions } from './options.ts'
import { CALLING_FRONTEND, ownSteps } from './own-steps.ts'
import { planOf, type PlannedStage } from './plan.ts'
import { AegirReader } from './reader.ts'
import { readRecords } from './records.ts'
import { drushWords, markOf, toStepsStage, type Step } from './steps-script.ts'

export { findDrush, isAegir, type FoundDrush }

export interface AegirDriverParts {
  now: () => number
  /** Whether the operator lets us put BOA's control file there, with which Provision does not call its frontend. */
  mayUseControlFile?: () => boolean
}

/** The dialect of Aegir's Provision, by way of Drush. */
export function createAegirDriver(parts: AegirDriverParts): DialectDriver {
  const found = new WeakMap<Connection, Promise<FoundDrush>>()
  const drushOf = (connection: Connection): Promise<FoundDrush> => {
    const known = found.get(connection) ?? getDrush(connection)
    found.set(connection, known)
    // What was not found may be there the next time.
    known.catch(() => found.delete(connection))
    return known
  }
  return {
    async prepare(connection) {
      await drushOf(connection)
    },
    async stages(connection, request) {
      const plan = planOf(request)
      const drush = await drushOf(connection)
      const isCalling = CALLING_FRONTEND.includes(request.command.name)
      const steps = isCalling ? await planSteps(connection, drush, request, plan, parts) : []
      return plan.map((planned) =>
        planned.kind === 'command' && isCalling
          ? toStepsStage(planned.name, drush.path, steps, markOf(plan))
          : toStage(planned, drush.path),
      )
    },
    reader: (request) => new AegirReader(planOf(request)),
    async list(connection) {
      return listAegir(connection, (await drushOf(connection)).path)
    },
    isOverload: (code) => code === 'PROVISION_OVERLOAD',
  }
}

const toStage = ({ name, options, ...command }: PlannedStage, drush: string): RunStage => ({
  name,
  argv: [drush, '--backend=2', ...drushWords(command)],
  stdin: options === null ? null : renderOptions(options),
})

/**
 * A command in which Provision calls Aegir's own frontend: by itself where there is one, or where BOA's control file says that
 * there is none; otherwise in steps of ours.
 */
async function planSteps(
  connection: Connection,
  drush: FoundDrush,
  request: BackendRequest,
  plan: readonly PlannedStage[],
  { mayUseControlFile, now }: AegirDriverParts,
): Promise<Step[]> {
  const { command } = request
  const asItIs = (title: string): Step[] =>
    plan
      .filter(({ kind }) => kind === 'command')
      .map((planned) => ({ title, kind: 'must', command: planned }))
  if (await findFrontend(connection, drush))
    return asItIs(`${command.name} @${command.context}; Aegir’s own frontend verifies on the way`)
  if (drush.hasControlFile)
    return asItIs(`${command.name} @${command.context}, without Aegir’s frontend (FastTrack)`)
  if (mayUseControlFile?.() === true) {
    await ensureControlFile(connection)
    return asItIs(`${command.name} @${command.context}, without Aegir’s frontend (FastTrack)`)
  }
  return ownSteps(command, await lookUp(connection, drush.path, command, now()))
}

async function lookUp(
  connection: Connection,
  drush: string,
  { name, context, args }: BackendRequest['command'],
  now: number,
) {
  if (name === 'import')
    return { records: new Map<string, JsonRecord>(), backupFolder: '', stamp: '' }
  const site = await readRecords(connection, drush, [context, 'server_master'])
  const platforms = [...args, site.records.get(context)?.['platform']]
    .filter((one) => typeof one === 'string')
    .map((one) => one.replace(/^@/, ''))
    .filter((one) => one.startsWith('platform_'))
  const { records } = await readRecords(connection, drush, [...new Set(platforms)])
  return {
    records: new Map([...site.records, ...records].map(([key, one]) => [key, withoutDrush(one)])),
    backupFolder: backupFolderOf(site.records, connection),
    stamp: stampOf(now),
  }
}

/** A record without what Drush itself adds to it. */
const withoutDrush = (record: JsonRecord): JsonRecord =>
  Object.fromEntries(
    Object.entries(record).filter(([key]) => !/^[#%]/.test(key) && key !== 'path-aliases'),
  )

/** As Provision writes it: `20261125.230000`. */
const stampOf = (now: number): string =>
  new Date(now)
    .toISOString()
    .replace(/[-:]|\.\d+Z$/g, '')
    .replace('T', '.')
