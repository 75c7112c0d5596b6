import { type Context, isInstalled } from '../context/context.ts'
import { writeContextStep } from '../steps/contexts.ts'
import { kindOf } from '../system/files.ts'
import { findStrays } from '../system/links.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { findApplication } from './application.ts'
import type { CommandResult, Session } from './session.ts'
import { findPlace, refuseTakenNames, type SitePlace } from './site-place.ts'
import { asInstalled, factsOf, webSteps } from './site.ts'

/** Takes over a site whose folder is there already and that no context has been installed for. */
export async function importSite(session: Session, site: Context): Promise<CommandResult> {
  const found = await findPlace(session, site)
  if (isInstalled(site))
    throw new ProvisionError(
      'PROVISION_SITE_INSTALLED',
      `The site @${site.name} is known here already: verify it instead.`,
    )
  const application = await findApplication(session, found.platform)
  const place = { ...found, application: application.name }
  await refuseTakenNames(session, place)
  await refuseNoFolder(place)
  await warnOfStrays(session, place)
  const installed = asInstalled(place)
  await session.run([...webSteps(place), writeContextStep(session.store, installed)])
  return { data: factsOf(installed), contexts: [installed], removedContexts: [] }
}

async function refuseNoFolder({ folder }: SitePlace): Promise<void> {
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
