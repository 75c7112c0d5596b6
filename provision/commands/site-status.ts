import type { JsonRecord } from '#shared/domain/json.ts'
import type { SiteReport } from '#shared/domain/site-report.ts'
import common from '../applications/php/status.php?raw'
import { parseStatus } from '../applications/site-report.ts'
import { type Context, isSiteEnabled } from '../context/context.ts'
import type { Step } from '../steps/step.ts'
import { toProvisionError } from '../system/provision-error.ts'
import { withTimeLimit } from '../system/time-limit.ts'
import { getCodeApplication } from './application.ts'
import { toCodeSite } from './code-site.ts'
import { planScripts } from './code-steps.ts'
import type { Command } from './commands.ts'
import type { Session } from './session.ts'
import { type CodePlace, findPlace, hasCode, type SitePlace } from './site-place.ts'

/** A site that takes longer says nothing of itself. */
const LIMIT_MS = 30_000

/**
 * Asks a site with code how it is; `data` gets `report`. Nothing fails for it: a site that does not say is a warning. Of one
 * that is disabled no code runs, so it is not asked.
 */
export function statusSteps(session: Session, place: SitePlace, data: JsonRecord): Step[] {
  if (!canAsk(place)) return []
  const title = 'Ask the site how it is'
  return [
    {
      kind: 'ask-status',
      title,
      async run({ signal }) {
        Object.assign(data, await statusOf(session, place, signal))
      },
      preview: () => planScripts(place, ['status'], title),
    },
  ]
}

const canAsk = (place: SitePlace): place is CodePlace => hasCode(place) && isSiteEnabled(place.site)

async function statusOf(
  session: Session,
  place: CodePlace,
  signal: AbortSignal,
): Promise<JsonRecord> {
  const report = await ask(session, place, signal)
  return { report, version: report.version }
}

/**
 * A command that puts other code or another database in place, and then asks the site how it is now; of a preview, only
 * names the scripts. What was done is done: it does not fail for what the site says, nor when it is cancelled here.
 */
export const thenAsking =
  (run: Command['run']): Command['run'] =>
  async (session, site, args) => {
    const result = await run(session, site, args)
    const [after] = result.contexts
    return after === undefined
      ? result
      : { ...result, data: { ...result.data, ...(await askNow(session, after)) } }
  }

async function askNow(session: Session, site: Context): Promise<JsonRecord> {
  const { isPreview, signal } = session.parts
  try {
    const place = await findPlace(session, site)
    if (isPreview) await session.run(statusSteps(session, place, {}))
    else if (canAsk(place)) return await statusOf(session, place, signal)
  } catch (error) {
    session.log('warning', `The site was not asked how it is: ${toProvisionError(error).message}`)
  }
  return {}
}

/** Whether a site says that it is closed on purpose. */
export async function isInMaintenance(
  session: Session,
  place: SitePlace,
  signal: AbortSignal,
): Promise<boolean> {
  return hasCode(place) && (await ask(session, place, signal)).isInMaintenance === true
}

/** What PHP and the database say is had even where the site's own code fails. */
async function ask(session: Session, place: CodePlace, signal: AbortSignal): Promise<SiteReport> {
  const site = toCodeSite(session, place)
  const application = getCodeApplication(place.application)
  const input = { database: { ...site.database } }
  const said = await tryTo(session, signal, (stop) => site.evaluate(common, input, stop))
  const own = said && (await tryTo(session, signal, (stop) => application.status(site, stop)))
  const report = parseStatus(said ?? null, own ?? null)
  if (said !== undefined && report.database?.isAnswering !== true)
    session.log('warning', `The database ${site.database.name} does not answer to the site.`)
  if ((report.pendingUpdates ?? 0) > 0)
    session.log('info', `Updates of the database that wait: ${report.pendingUpdates}.`)
  if (report.isInMaintenance === true) session.log('info', 'The site is in maintenance.')
  return report
}

async function tryTo<Result>(
  session: Session,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await withTimeLimit(LIMIT_MS, signal, work)
  } catch (error) {
    if (signal.aborted) throw error
    session.log('warning', `The site did not say how it is: ${toProvisionError(error).message}`)
    return undefined
  }
}
