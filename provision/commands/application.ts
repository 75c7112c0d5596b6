import type { Application, CodeApplication, Recognised } from '../applications/application.ts'
import { incomplete } from '../applications/missing.ts'
import { shippedApplications } from '../applications/shipped.ts'
import { type Context, findText } from '../context/context.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { getPlatformRoot } from './platform.ts'
import type { Session } from './session.ts'

/** What a folder carries: the first application that says so. Throws PROVISION_UNKNOWN_APPLICATION. */
export async function recogniseApplication(
  root: string,
): Promise<Recognised & { application: Application }> {
  for (const application of shippedApplications) {
    const recognised = await application.recognise(root)
    if (recognised !== undefined) return { application, ...recognised }
  }
  throw new ProvisionError(
    'PROVISION_UNKNOWN_APPLICATION',
    `${root} carries no application that is known here.`,
  )
}

/** Throws PROVISION_PLATFORM_INCOMPLETE where code that was verified is not there as a whole any more. */
export async function refuseIncomplete(
  session: Session,
  platform: Context,
  application: Application,
): Promise<void> {
  const root = await getPlatformRoot(session, platform)
  if ((await application.recognise(root)) === undefined)
    throw incomplete(root, application.name, [])
}

export function getApplication(name: string): Application {
  const found = shippedApplications.find((application) => application.name === name)
  if (found !== undefined) return found
  throw new ProvisionError(
    'PROVISION_UNKNOWN_APPLICATION',
    `This program knows no application “${name}”.`,
  )
}

/** The application of a site that has a slot. */
export function getCodeApplication(name: string): CodeApplication {
  const application = getApplication(name)
  if (application.kind === 'code') return application
  throw new ProvisionError(
    'PROVISION_OTHER_APPLICATION',
    `A site of ${name} is files and no more; this one has a slot.`,
  )
}

/** The application of a platform, as its last verify found it, else as its folder now says. */
export async function findApplication(session: Session, platform: Context): Promise<Application> {
  const name = findText(platform, 'application')
  if (name !== undefined) return getApplication(name)
  return (await recogniseApplication(await getPlatformRoot(session, platform))).application
}
