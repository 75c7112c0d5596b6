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
import { kindOf, rename } from '../system/files.ts'
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

/** Where a site's folder waits while another takes its place; the last restore that was cut off may have left it. */
export const setAsideOf = (folder: string): string => besideOf(folder, 'before')

/** A hidden name beside a folder, for what is on its way to it or from it. */
export const besideOf = (folder: string, ending: string): string =>
  path.join(path.dirname(folder), `.${path.basename(folder)}.${ending}`)

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

/** Throws PROVISION_SITE_NOT_INSTALLED, PROVISION_NO_SUCH_FOLDER. What a restore that was killed set aside is put back. */
export async function refuseUnlessInstalled({ site, folder }: SitePlace): Promise<void> {
  if (!isInstalled(site))
    throw new ProvisionError(
      'PROVISION_SITE_NOT_INSTALLED',
      `The site @${site.name} is not installed on this server.`,
    )
  const aside = setAsideOf(folder)
  if ((await kindOf(folder)) === 'absent' && (await kindOf(aside)) === 'folder')
    await rename(aside, folder)
  if ((await kindOf(folder)) !== 'folder')
    throw new ProvisionError(
      'PROVISION_NO_SUCH_FOLDER',
      `The folder of the site @${site.name} is gone: ${folder}`,
    )
}
