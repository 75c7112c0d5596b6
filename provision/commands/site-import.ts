import type { JsonRecord } from '#shared/domain/json.ts'
import { type Context, isInstalled, withOptions } from '../context/context.ts'
import { hiddenBeside, moveTo } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { kindOf } from '../system/files.ts'
import { findStrays } from '../system/links.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { findApplication, refuseIncomplete } from './application.ts'
import { foreignSteps, getForeign, sizeOfForeign } from './foreign-site.ts'
import { refuseOverload } from './load.ts'
import { refuseLocked } from './platform.ts'
import { roomStep } from './room.ts'
import type { CommandResult, Session } from './session.ts'
import { openSiteArchive, type SiteArchive, unpackSite } from './site-archive.ts'
import { copySteps, refuseWithoutDatabase } from './site-copy.ts'
import { certificateSteps } from './site-https.ts'
import {
  findPlace,
  hasCode,
  refuseTakenFolder,
  refuseTakenNames,
  type SitePlace,
  toWebSite,
} from './site-place.ts'
import { getBackupFile } from './site-restore.ts'
import {
  asInstalled,
  claimSteps,
  factsOf,
  installedStep,
  newPlace,
  sizeOf,
  webSteps,
} from './site.ts'

/**
 * Takes over a site that no context has been installed for: out of a backup of ours, of this server or another one; or one
 * whose files lie where sites of files lie. With code they were made elsewhere, and come from there into a slot.
 */
export async function importSite(
  session: Session,
  site: Context,
  [named]: readonly string[],
): Promise<CommandResult> {
  if (isInstalled(site))
    throw new ProvisionError(
      'PROVISION_SITE_INSTALLED',
      `The site @${site.name} is known here already: verify it instead.`,
    )
  const { platform, server, folder } = await findPlace(session, site)
  const application = await findApplication(session, platform)
  await refuseIncomplete(session, platform, application)
  const place = (facts: JsonRecord): Promise<SitePlace> =>
    newPlace(session, withOptions(site, { application_facts: facts }), application)
  if (named !== undefined) {
    refuseOverload(server)
    refuseLocked(platform)
    const archive = await getArchive(session, named, application.name)
    const to = await place(archive.facts)
    await refuseTakenFolder(to)
    return finish(session, to, [
      roomStep(session, to, { isPacked: false, made: archive.size }),
      ...(await archiveSteps(session, to, archive)),
    ])
  }
  await refuseNoFolder(folder)
  if (application.kind === 'files') {
    const to = await newPlace(session, site, application)
    await warnOfStrays(session, to)
    return finish(session, to, [])
  }
  const foreign = await getForeign(application, folder)
  const to = await place(foreign.facts)
  const made = await sizeOfForeign(foreign, folder, session.parts.signal)
  return finish(session, to, [
    roomStep(session, to, { isPacked: false, made }),
    ...(await foreignSteps(session, to, { foreign, folder })),
  ])
}

async function finish(
  session: Session,
  place: SitePlace,
  steps: readonly Step[],
): Promise<CommandResult> {
  await refuseTakenNames(session, place)
  await session.run([
    ...certificateSteps(session, place, { webSite: toWebSite(place), isOnWeb: false }),
    ...steps,
    ...webSteps(session, place),
    installedStep(session, place),
  ])
  const installed = asInstalled(place)
  return {
    data: { ...factsOf(place), ...(await sizeOf(session, place)) },
    contexts: [installed],
    removedContexts: [],
  }
}

async function getArchive(
  session: Session,
  named: string,
  application: string,
): Promise<SiteArchive> {
  const archive = await openSiteArchive(session, await getBackupFile(session, named))
  if (archive.application === application) return archive
  throw new ProvisionError(
    'PROVISION_OTHER_APPLICATION',
    `The backup is of ${archive.application}, the platform carries ${application}.`,
  )
}

async function archiveSteps(
  session: Session,
  place: SitePlace,
  archive: SiteArchive,
): Promise<Step[]> {
  if (!hasCode(place)) return [unpackStep(session, place, archive)]
  refuseWithoutDatabase(archive)
  const { url: from } = archive
  return [
    ...(await claimSteps(session, place)),
    ...copySteps(session, {
      archive: () => archive,
      content: archive,
      from,
      to: place,
      isNew: false,
      isUpgrade: true,
    }),
  ]
}

const unpackStep = (session: Session, { folder }: SitePlace, archive: SiteArchive): Step => ({
  kind: 'copy-site',
  title: 'Unpack the files of the site',
  async run(work) {
    const staging = hiddenBeside(folder, 'new')
    const fresh = await unpackSite(session, work, archive, { staging, place: folder })
    await moveTo(work, fresh, folder)
  },
  preview: () => Promise.resolve([{ kind: 'folder', action: 'create', target: folder }]),
})

async function refuseNoFolder(folder: string): Promise<void> {
  if ((await kindOf(folder)) === 'folder') return
  throw new ProvisionError(
    'PROVISION_NO_SUCH_FOLDER',
    `There is no site to import: ${folder} is not a folder.`,
  )
}

async function warnOfStrays(session: Session, { folder }: SitePlace): Promise<void> {
  const { signal } = session.parts
  for (const name of await findStrays(folder, folder, { signal, limit: 20 }))
    session.log(
      'warning',
      `This leads out of the site or is no file, and is left as it is: ${name}`,
    )
}
