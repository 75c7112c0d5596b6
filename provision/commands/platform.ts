import path from 'node:path'
import { abilitiesOf, type CodeApplication } from '../applications/application.ts'
import {
  type Context,
  isPlatformLocked,
  platformNameOf,
  projectOf,
  rootOf,
  serverNameOf,
  withOptions,
} from '../context/context.ts'
import { removeContextStep, writeContextStep } from '../steps/contexts.ts'
import { removeStep, writeFileStep } from '../steps/files.ts'
import { openTreeStep } from '../steps/modes.ts'
import type { Step } from '../steps/step.ts'
import { findRealFolder, kindOf } from '../system/files.ts'
import { isWithin } from '../system/links.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { recogniseApplication } from './application.ts'
import {
  fetchCode,
  findServedFolder,
  findSource,
  isFetched,
  revisionOf,
} from './platform-source.ts'
import type { CommandResult, Session } from './session.ts'

/** Fetches the code where that is to be done and was not, and finds out what it is. */
export async function verifyPlatform(session: Session, saved: Context): Promise<CommandResult> {
  await session.store.get(serverNameOf(saved), 'server')
  const project = projectOf(saved, session.folders.home)
  await refuseOwnFolder(session, project)
  const fetched = await fetchCode(session, saved, project)
  // A preview has fetched nothing that could be looked at.
  if (fetched === saved && findSource(saved) !== undefined && !(await isThere(project))) {
    session.log('warning', 'What the code is, and what it needs, is told once it is fetched.')
    return { data: {}, contexts: [], removedContexts: [] }
  }
  const folder = await findServedFolder(fetched, project)
  const { served_folder: _old, ...others } = fetched.options
  const options = folder === '' ? others : { ...others, served_folder: folder }
  const platform: Context = { ...fetched, options }
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
      revision: revisionOf(verified),
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

/** The folder of a platform belongs to who made it: code that we fetched goes, any other stays. */
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
  const project = projectOf(platform, session.folders.home)
  const others = await findOthersIn(session, platform, project)
  const isOurs = isFetched(platform, project) && others.length === 0
  await session.run([
    ...(isOurs ? [removeStep('Remove the code that was fetched', project)] : []),
    removeContextStep(session.store, platform.name),
  ])
  if (!isOurs) session.log('info', `The folder of the platform stays as it is${whyOf(others)}.`)
  return { data: {}, contexts: [], removedContexts: [platform.name] }
}

/** The platforms that stand on the same code, or on a part of it. */
async function findOthersIn(
  session: Session,
  { name }: Context,
  project: string,
): Promise<string[]> {
  const real = (await findRealFolder(project)) ?? project
  const others: string[] = []
  for (const other of await session.store.list('platform')) {
    if (other.name === name) continue
    const root = projectOf(other, session.folders.home)
    const isInside = isWithin(root, project) || isWithin((await findRealFolder(root)) ?? root, real)
    if (isInside) others.push(`@${other.name}`)
  }
  return others
}

const whyOf = (others: readonly string[]): string =>
  others.length === 0 ? '' : `, since it is also of ${others.slice(0, 10).join(', ')}`

/** Throws PROVISION_NO_SUCH_FOLDER; PROVISION_FOLDER_NOT_ALLOWED where it holds, or lies in, what is ours. */
export async function getPlatformRoot(session: Session, platform: Context): Promise<string> {
  const wanted = rootOf(platform, session.folders.home)
  const root = await findRealFolder(wanted)
  if (root === undefined)
    throw new ProvisionError(
      'PROVISION_NO_SUCH_FOLDER',
      `The folder of the platform @${platform.name} is not on this server: ${wanted}`,
    )
  await refuseOwnFolder(session, root)
  return root
}

/** Throws PROVISION_FOLDER_NOT_ALLOWED where a platform's folder holds, or lies in, what is ours. */
async function refuseOwnFolder(session: Session, root: string): Promise<void> {
  const { contexts, sites, slots, backups, nginx, web } = session.folders
  for (const ours of [path.dirname(contexts), sites, slots, backups, nginx, web]) {
    const real = (await findRealFolder(ours)) ?? ours
    if (isWithin(root, real) || isWithin(real, root))
      throw new ProvisionError(
        'PROVISION_FOLDER_NOT_ALLOWED',
        `${root} cannot be a platform: it ${isWithin(root, real) ? 'lies in' : 'contains'} ${ours}, where Hosting Desk keeps its own files.`,
      )
  }
}

const isThere = async (folder: string): Promise<boolean> => (await kindOf(folder)) !== 'absent'
