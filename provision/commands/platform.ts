import path from 'node:path'
import { abilitiesOf, type CodeApplication } from '../applications/application.ts'
import {
  type Context,
  isPlatformLocked,
  platformNameOf,
  rootOf,
  serverNameOf,
  withOptions,
} from '../context/context.ts'
import { removeContextStep, writeContextStep } from '../steps/contexts.ts'
import { writeFileStep } from '../steps/files.ts'
import { openTreeStep } from '../steps/modes.ts'
import type { Step } from '../steps/step.ts'
import { findRealFolder } from '../system/files.ts'
import { isWithin } from '../system/links.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { recogniseApplication } from './application.ts'
import type { CommandResult, Session } from './session.ts'

export async function verifyPlatform(session: Session, platform: Context): Promise<CommandResult> {
  await session.store.get(serverNameOf(platform), 'server')
  const root = await getPlatformRoot(session, platform)
  const {
    application,
    version,
    warnings,
    packages = [],
    ...recognised
  } = await recogniseApplication(root)
  for (const warning of warnings) session.log('warning', warning)
  const verified = withOptions(platform, { application: application.name })
  await session.run([
    ...(application.kind === 'code' ? await sharingSteps(application, root) : []),
    writeContextStep(session.store, verified),
  ])
  return {
    data: {
      application: application.name,
      version,
      root,
      abilities: abilitiesOf(application, recognised.abilities),
      packages: packages.map((one) => ({ ...one })),
    },
    contexts: [verified],
    removedContexts: [],
  }
}

/** Code that sites in slots are to share: it has to find each site's settings, and every slot has to read it. */
async function sharingSteps(application: CodeApplication, root: string): Promise<Step[]> {
  const files = await application.platformFiles(root)
  return [
    ...files.map(({ name, text }) => writeFileStep(path.join(root, name), text, 0o644)),
    openTreeStep(root),
  ]
}

/** Lets no new site onto the platform; those that it has go on. */
export const lockPlatform = (session: Session, platform: Context): Promise<CommandResult> =>
  writeLock(session, withOptions(platform, { platform_locked: true }))

/** Lets new sites onto the platform again. */
export const unlockPlatform = (session: Session, platform: Context): Promise<CommandResult> =>
  writeLock(session, withOptions(platform, { platform_locked: false }))

async function writeLock(session: Session, platform: Context): Promise<CommandResult> {
  await session.run([writeContextStep(session.store, platform)])
  return { data: {}, contexts: [platform], removedContexts: [] }
}

/** Throws PROVISION_PLATFORM_LOCKED. */
export function refuseLocked(platform: Context): void {
  if (!isPlatformLocked(platform)) return
  throw new ProvisionError(
    'PROVISION_PLATFORM_LOCKED',
    `The platform @${platform.name} is locked: it takes no more sites.`,
  )
}

/** The folder of a platform belongs to who made it; only what we keep of it goes. */
export async function deletePlatform(session: Session, platform: Context): Promise<CommandResult> {
  const sites = (await session.store.list('site')).filter(
    (site) => site.options['platform'] !== undefined && platformNameOf(site) === platform.name,
  )
  if (sites.length > 0)
    throw new ProvisionError(
      'PROVISION_PLATFORM_HAS_SITES',
      `The platform @${platform.name} still has ${sites.length === 1 ? 'a site' : `${sites.length} sites`}: ${sites
        .slice(0, 10)
        .map(({ name }) => `@${name}`)
        .join(', ')}.`,
    )
  await session.run([removeContextStep(session.store, platform.name)])
  session.log('info', 'The folder of the platform stays as it is.')
  return { data: {}, contexts: [], removedContexts: [platform.name] }
}

/** Throws PROVISION_NO_SUCH_FOLDER; PROVISION_FOLDER_NOT_ALLOWED where it holds, or lies in, what is ours. */
export async function getPlatformRoot(session: Session, platform: Context): Promise<string> {
  const { home, contexts, sites, slots, backups, nginx, web } = session.folders
  const wanted = rootOf(platform, home)
  const root = await findRealFolder(wanted)
  if (root === undefined)
    throw new ProvisionError(
      'PROVISION_NO_SUCH_FOLDER',
      `The folder of the platform @${platform.name} is not on this server: ${wanted}`,
    )
  for (const ours of [path.dirname(contexts), sites, slots, backups, nginx, web]) {
    const real = (await findRealFolder(ours)) ?? ours
    if (isWithin(root, real) || isWithin(real, root))
      throw new ProvisionError(
        'PROVISION_FOLDER_NOT_ALLOWED',
        `${wanted} cannot be a platform: it ${isWithin(root, real) ? 'lies in' : 'contains'} ${ours}, where Hosting Desk keeps its own files.`,
      )
  }
  return root
}
