import type { Json, JsonRecord } from '#shared/domain/json.ts'
import { type Context, isInstalled, isSiteEnabled } from '../context/context.ts'
import { removeContextStep, writeContextStep } from '../steps/contexts.ts'
import { removeStep } from '../steps/files.ts'
import { lookStep } from '../steps/look.ts'
import type { Step } from '../steps/step.ts'
import { kindOf } from '../system/files.ts'
import { ProvisionError, toProvisionError } from '../system/provision-error.ts'
import { findApplication } from './application.ts'
import { refuseOverload } from './load.ts'
import { getPlatformRoot, refuseLocked } from './platform.ts'
import type { CommandResult, Session } from './session.ts'
import { backupSteps } from './site-backup.ts'
import {
  findPlace,
  refuseTakenFolder,
  refuseTakenNames,
  refuseUnlessInstalled,
  type SitePlace,
  toWebSite,
} from './site-place.ts'
import { portOf } from './web.ts'

export async function installSite(session: Session, site: Context): Promise<CommandResult> {
  const place = await findPlace(session, site)
  refuseOverload(place.server)
  if (isInstalled(site))
    throw new ProvisionError(
      'PROVISION_SITE_INSTALLED',
      `The site @${site.name} is installed already.`,
    )
  refuseLocked(place.platform)
  await refuseTakenNames(session, place)
  await refuseTakenFolder(place)
  const root = await getPlatformRoot(session, place.platform)
  const application = await findApplication(session, place.platform)
  const installed = asInstalled({ ...place, application: application.name })
  const warn = (message: string): void => session.log('warning', message)
  await session.run([
    ...application.install({ root, folder: place.folder, warn }),
    ...webSteps(place),
    writeContextStep(session.store, installed),
  ])
  return { data: factsOf(installed), contexts: [installed], removedContexts: [] }
}

export async function verifySite(session: Session, site: Context): Promise<CommandResult> {
  const place = await findPlace(session, site)
  await refuseUnlessInstalled(place)
  await refuseTakenNames(session, place)
  const installed = asInstalled(place)
  await session.run([...webSteps(place), writeContextStep(session.store, installed)])
  return { data: factsOf(installed), contexts: [installed], removedContexts: [] }
}

export async function backupSite(session: Session, site: Context): Promise<CommandResult> {
  const place = await findPlace(session, site)
  refuseOverload(place.server)
  await refuseUnlessInstalled(place)
  const data: JsonRecord = {}
  await session.run(backupSteps(session, place, data))
  return { data, contexts: [], removedContexts: [] }
}

/**
 * Aegir's order: a last backup, then the web server, then the files. A site that is half there can go, too. With the
 * option `force` it also goes where no backup can be made (a full disk), and the log says so.
 */
export async function deleteSite(session: Session, site: Context): Promise<CommandResult> {
  const place = await findPlace(session, site)
  refuseOverload(place.server)
  // What never was installed has nothing here; a folder of that name is somebody else's.
  const isOurs = isInstalled(site)
  const hasFiles = isOurs && (await kindOf(place.folder)) === 'folder'
  const data: JsonRecord = {}
  await session.run([
    ...(hasFiles ? lastBackupSteps(session, place, data) : []),
    ...(isOurs ? place.web.removeSite(place.uri) : []),
    ...(isOurs ? [removeStep('Remove the files of the site', place.folder)] : []),
    removeContextStep(session.store, site.name),
  ])
  if (data['file'] !== undefined)
    session.log('info', `A last backup stays: ${JSON.stringify(data['file'])}`)
  return { data, contexts: [], removedContexts: [site.name] }
}

function lastBackupSteps(session: Session, place: SitePlace, data: JsonRecord): Step[] {
  const steps = backupSteps(session, place, data)
  if (session.parts.options['force'] !== true) return steps
  const all: Step = {
    kind: 'try-backup',
    title: 'Pack a backup, if it can be done',
    async run(work) {
      try {
        await work.attempt(async () => {
          for (const step of steps) await step.run(work)
        })
      } catch (error) {
        if (work.signal.aborted) throw error
        delete data['file']
        delete data['sizeBytes']
        session.log('warning', `Deleted without a last backup: ${toProvisionError(error).message}`)
      }
    },
  }
  return [all]
}

/** The site on the web as its context says, and a look whether it answers. */
export function webSteps(place: SitePlace): Step[] {
  const { site, web } = place
  const look = isSiteEnabled(site) ? [lookAtSite(place)] : []
  return [...web.configureSite(toWebSite(place)), ...look]
}

export const lookAtSite = ({ folder, server, uri, web }: SitePlace): Step =>
  lookStep(web.urlOf(uri), portOf(server), folder)

export function asInstalled({ site, uri, web, application }: SitePlace): Context {
  const ours = { installed: true, application, url: web.urlOf(uri) }
  return { ...site, options: { ...site.options, ...ours } }
}

export const factsOf = ({ options }: Context): Record<string, Json> => ({
  application: options['application'] ?? null,
  version: null,
  url: options['url'] ?? null,
})
