import type { Json, JsonRecord } from '#shared/domain/json.ts'
import type { Application } from '../applications/application.ts'
import { type Context, isInstalled, isSiteEnabled, withOptions } from '../context/context.ts'
import { createDatabaseStep, dropDatabaseStep } from '../services/mariadb/steps.ts'
import { MariaDb } from '../services/mariadb/mariadb.ts'
import { claimSlotStep, freeSlotStep } from '../services/slots/steps.ts'
import type { WebSite } from '../services/web-service.ts'
import { removeContextStep, writeContext, writeContextStep } from '../steps/contexts.ts'
import { removeStep } from '../steps/files.ts'
import { lookStep } from '../steps/look.ts'
import { previewSteps } from '../steps/preview.ts'
import type { Step } from '../steps/step.ts'
import { kindOf } from '../system/files.ts'
import { findDiskUse } from '../system/machine.ts'
import { ProvisionError, toProvisionError } from '../system/provision-error.ts'
import { findApplication, refuseIncomplete } from './application.ts'
import { applicationFactsOf } from './code-site.ts'
import {
  linkSteps,
  unlinkSteps,
  makeSiteStep,
  normaliseStep,
  removeSiteStep,
  settingsStep,
  siteCodeStep,
} from './code-steps.ts'
import { chooseGround, claimsOf, getMachine } from './ground.ts'
import { refuseOverload } from './load.ts'
import { getPlatformRoot, refuseLocked } from './platform.ts'
import { roomStep } from './room.ts'
import type { CommandResult, Session } from './session.ts'
import { backupSteps } from './site-backup.ts'
import {
  certificateFactsOf,
  certificateSteps,
  removeCertificatesStep,
  tidyCertificatesStep,
  toTls,
} from './site-https.ts'
import {
  type CodePlace,
  findPlace,
  hasCode,
  placeOn,
  refuseTakenFolder,
  refuseTakenNames,
  refuseUnlessInstalled,
  type SitePlace,
  toWebSite,
  urlOf,
} from './site-place.ts'
import { isInMaintenance, statusSteps } from './site-status.ts'
import { portOf } from './web.ts'

export async function installSite(session: Session, site: Context): Promise<CommandResult> {
  const { platform, server } = await findPlace(session, site)
  refuseOverload(server)
  if (isInstalled(site))
    throw new ProvisionError(
      'PROVISION_SITE_INSTALLED',
      `The site @${site.name} is installed already.`,
    )
  refuseLocked(platform)
  const root = await getPlatformRoot(session, platform)
  const application = await findApplication(session, platform)
  await refuseIncomplete(session, platform, application)
  const place = await newPlace(session, site, application)
  await refuseTakenNames(session, place)
  await refuseTakenFolder(place)
  const data: JsonRecord = {}
  await session.run([
    ...certificateSteps(session, place, { webSite: toWebSite(place), isOnWeb: false }),
    ...(await makeSteps(session, place, { application, root, data })),
    ...webSteps(session, place),
    installedStep(session, place),
  ])
  const installed = asInstalled(place)
  return {
    data: { ...factsOf(place), ...data, ...(await sizeOf(session, place)) },
    contexts: [installed],
    removedContexts: [],
  }
}

/** Where a new site of an application is to be: with code, in a slot that nobody has. */
export const newPlace = async (
  session: Session,
  site: Context,
  { kind, name }: Application,
): Promise<SitePlace> =>
  placeOn(session, site, {
    application: name,
    ground: kind === 'code' ? await chooseGround(session) : undefined,
  })

async function makeSteps(
  session: Session,
  place: SitePlace,
  { application, root, data }: { application: Application; root: string; data: JsonRecord },
): Promise<Step[]> {
  const warn = (message: string): void => session.log('warning', message)
  if (application.kind === 'files')
    return [...application.install({ root, folder: place.folder, warn })]
  if (!hasCode(place)) throw new Error('a site with code has a ground')
  return [
    ...(await claimSteps(session, place)),
    createDatabaseStep(place.ground.database),
    makeSiteStep(session, place),
    ...linkSteps(session, place),
    siteCodeStep(
      place,
      { kind: 'install-site', title: 'Install the site', works: ['install'] },
      async (codeSite, signal) => {
        Object.assign(data, await application.install(codeSite, signal))
      },
      session,
    ),
  ]
}

export async function claimSteps(session: Session, { site, ground }: CodePlace): Promise<Step[]> {
  const claims = claimsOf(session, await getMachine())
  return [claimSlotStep(claims, { ...ground, site: site.name })]
}

export async function verifySite(session: Session, site: Context): Promise<CommandResult> {
  const place = await findPlace(session, site)
  await refuseUnlessInstalled(place)
  await refuseTakenNames(session, place)
  // A site whose database is stopped would only be seen to fail.
  if (hasCode(place)) await new MariaDb(place.ground.database.socket).version(session.parts.signal)
  const data: JsonRecord = {}
  await session.run([
    ...certificateSteps(session, place, { webSite: toWebSite(place), isOnWeb: true }),
    ...(hasCode(place)
      ? [normaliseStep(place), settingsStep(session, place), ...linkSteps(session, place)]
      : []),
    ...webSteps(session, place),
    ...statusSteps(session, place, data),
    installedStep(session, place),
  ])
  const installed = asInstalled(place)
  return {
    data: { ...factsOf(place), ...data, ...(await sizeOf(session, place)) },
    contexts: [installed],
    removedContexts: [],
  }
}

export async function backupSite(session: Session, site: Context): Promise<CommandResult> {
  const place = await findPlace(session, site)
  refuseOverload(place.server)
  await refuseUnlessInstalled(place)
  const data: JsonRecord = {}
  await session.run([roomStep(session, place), ...backupSteps(session, place, data)])
  return { data, contexts: [], removedContexts: [] }
}

/**
 * Aegir's order: a last backup, then the web server, then the files. A site that is half there can go, too. With the
 * option `force` it also goes where no backup can be made (a full disk, no folder), and the log says so.
 */
export async function deleteSite(session: Session, site: Context): Promise<CommandResult> {
  const place = await findPlace(session, site)
  refuseOverload(place.server)
  // What never was installed has nothing here; a folder of that name is somebody else's.
  const isOurs = isInstalled(site)
  const hasFiles = isOurs && (await kindOf(place.folder)) === 'folder'
  if (isOurs && !hasFiles && hasCode(place)) refuseUnlessForced(session, place)
  const data: JsonRecord = {}
  await session.run([
    ...(hasFiles ? lastBackupSteps(session, place, data) : []),
    ...(isOurs ? place.web.removeSite(place.uri) : []),
    ...(isOurs ? removeSteps(session, place) : []),
    ...(isOurs ? [removeCertificatesStep(session, place.uri)] : []),
    removeContextStep(session.store, site.name),
  ])
  if (data['file'] !== undefined)
    session.log('info', `A last backup stays: ${JSON.stringify(data['file'])}`)
  return { data, contexts: [], removedContexts: [site.name] }
}

/** Throws PROVISION_NO_SUCH_FOLDER: without its folder a site with code is not packed, and its database would just go. */
function refuseUnlessForced(session: Session, { site, folder, ground }: CodePlace): void {
  const gone = `The folder of the site @${site.name} is gone: ${folder}`
  if (session.parts.options['force'] === true)
    return session.log('warning', `Deleted without a last backup: ${gone}`)
  throw new ProvisionError(
    'PROVISION_NO_SUCH_FOLDER',
    `${gone}. Make it again, with nothing in it if need be, so that a last backup keeps the database ${ground.database.name}; then delete the site.`,
  )
}

const removeSteps = (session: Session, place: SitePlace): Step[] =>
  hasCode(place)
    ? [
        ...unlinkSteps(session, place),
        removeSiteStep(place),
        dropDatabaseStep(place.ground.database),
        freeSlotStep(place.ground.slot, place.site.name, place.ground.database),
      ]
    : [removeStep('Remove the files of the site', place.folder)]

function lastBackupSteps(session: Session, place: SitePlace, data: JsonRecord): Step[] {
  const steps = [roomStep(session, place), ...backupSteps(session, place, data)]
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
    async preview(signal) {
      try {
        return await previewSteps(steps, signal)
      } catch (error) {
        if (signal.aborted) throw error
        session.log('warning', `Without a last backup: ${toProvisionError(error).message}`)
        return []
      }
    },
  }
  return [all]
}

/** The site on the web as its context says and with its certificate, and a look whether it answers. */
export function webSteps(session: Session, place: SitePlace): Step[] {
  const { site, web } = place
  const look = isSiteEnabled(site) ? [lookAtSite(session, place)] : []
  const configure = web.configureSite(secured(place))
  return [...configure, ...look, tidyCertificatesStep(session, place)]
}

/** With the certificate that it has when its virtual host is written. */
const secured = (place: SitePlace): WebSite => ({
  ...toWebSite(place),
  get tls() {
    return toTls(place.site, place.securing)
  },
})

export const lookAtSite = (session: Session, place: SitePlace): Step =>
  lookStep(
    () => urlOf(place),
    portOf(place.server),
    place.folder,
    (signal) => isInMaintenance(session, place, signal),
  )

/** Writes the context of a site that stands as its place then says. */
export const installedStep = (session: Session, place: SitePlace): Step => ({
  ...writeContextStep(session.store, asInstalled(place)),
  run: (work) => writeContext(work, session.store, asInstalled(place)),
})

/** The context of a site that stands as its place says. */
export function asInstalled(place: SitePlace): Context {
  const { site, application, ground } = place
  return withOptions(site, {
    installed: true,
    application,
    url: urlOf(place),
    ...(ground === undefined
      ? {}
      : {
          slot: ground.slot.name,
          db_name: ground.database.name,
          application_facts: applicationFactsOf(site),
        }),
  })
}

/** What a command tells of a site that it has brought to its place. */
export function factsOf(place: SitePlace): Record<string, Json> {
  const { options } = asInstalled(place)
  return {
    application: options['application'] ?? null,
    version: null,
    url: options['url'] ?? null,
    slot: options['slot'] ?? null,
    databaseName: options['db_name'] ?? null,
    ...certificateFactsOf(place),
  }
}

/** What the site takes on disk, its database included. */
export async function sizeOf(session: Session, { folder, ground }: SitePlace): Promise<JsonRecord> {
  const { signal } = session.parts
  const fileBytes = await findDiskUse(folder, signal)
  if (ground === undefined) return { sizeBytes: fileBytes }
  const { socket, name } = ground.database
  return { sizeBytes: fileBytes + (await new MariaDb(socket).sizeOf(name, signal)) }
}
