import path from 'node:path'
import { staticFiles } from '../applications/static.ts'
import {
  aliasesOf,
  type Context,
  findText,
  isInstalled,
  isSiteEnabled,
  platformNameOf,
  serverNameOf,
  uriOf,
} from '../context/context.ts'
import type { WebService, WebSite } from '../services/web-service.ts'
import { kindOf } from '../system/files.ts'
import { ProvisionError, toProvisionError } from '../system/provision-error.ts'
import type { Session } from './session.ts'
import { getWebService } from './web.ts'

/** Everything that a site stands on. */
export interface SitePlace {
  site: Context
  platform: Context
  server: Context
  web: WebService
  uri: string
  folder: string
  application: string
}

export async function findPlace(session: Session, site: Context): Promise<SitePlace> {
  const platform = await session.store.get(platformNameOf(site), 'platform')
  const server = await session.store.get(serverNameOf(platform), 'server')
  const uri = uriOf(site)
  const folder = path.join(session.folders.sites, uri)
  const application = findText(site, 'application') ?? staticFiles.name
  return { site, platform, server, web: getWebService(session, server), uri, folder, application }
}

export function toWebSite({ site, uri, folder }: SitePlace): WebSite {
  const names = [uri, ...aliasesOf(site)]
  const redirection = findText(site, 'redirection') ?? null
  if (redirection !== null && !names.includes(redirection))
    throw new ProvisionError(
      'PROVISION_BAD_OPTION',
      `“redirection” of @${site.name} is none of its names: ${names.join(', ')}`,
    )
  return {
    uri,
    aliases: aliasesOf(site).filter((name) => name !== uri),
    redirection,
    root: folder,
    folders: [],
    hidden: [],
    isEnabled: isSiteEnabled(site),
  }
}

/** Throws PROVISION_NAME_TAKEN where another installed site of this account, none `besides`, has one of the names. */
export async function refuseTakenNames(
  session: Session,
  { site, uri }: SitePlace,
  { besides }: { besides?: string } = {},
): Promise<void> {
  const wanted = new Set([uri, ...aliasesOf(site)])
  const warn = (error: unknown): void =>
    session.log('warning', `Not looked into: ${toProvisionError(error).message}`)
  for (const other of await session.store.list('site', warn)) {
    if (other.name === site.name || other.name === besides || !isInstalled(other)) continue
    const taken = [uriOf(other), ...aliasesOf(other)].find((name) => wanted.has(name))
    if (taken !== undefined)
      throw new ProvisionError(
        'PROVISION_NAME_TAKEN',
        `${taken} is already a name of the site @${other.name}.`,
      )
  }
}

/** Throws PROVISION_SITE_NOT_INSTALLED, PROVISION_NO_SUCH_FOLDER. */
export async function refuseUnlessInstalled({ site, folder }: SitePlace): Promise<void> {
  if (!isInstalled(site))
    throw new ProvisionError(
      'PROVISION_SITE_NOT_INSTALLED',
      `The site @${site.name} is not installed on this server.`,
    )
  if ((await kindOf(folder)) !== 'folder')
    throw new ProvisionError(
      'PROVISION_NO_SUCH_FOLDER',
      `The folder of the site @${site.name} is gone: ${folder}`,
    )
}

/** Throws PROVISION_SITE_FOLDER_TAKEN where there is something in a new site's place. */
export async function refuseTakenFolder({ folder }: SitePlace): Promise<void> {
  if ((await kindOf(folder)) === 'absent') return
  throw new ProvisionError(
    'PROVISION_SITE_FOLDER_TAKEN',
    `${folder} is there already and is not of this site: move it away or choose another name.`,
  )
}
