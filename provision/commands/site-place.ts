import path from 'node:path'
import { staticFiles } from '../applications/static.ts'
import {
  aliasesOf,
  type Context,
  findText,
  isInstalled,
  isSiteEnabled,
  platformNameOf,
  rootOf,
  serverNameOf,
  uriOf,
} from '../context/context.ts'
import { siteFolderOf } from '../services/slots/slot.ts'
import type { WebApp, WebService, WebSite } from '../services/web-service.ts'
import { findRealFolder, kindOf } from '../system/files.ts'
import { ProvisionError, toProvisionError } from '../system/provision-error.ts'
import { getCodeApplication } from './application.ts'
import { toCodeSite } from './code-site.ts'
import { findGround, type Ground } from './ground.ts'
import type { Session } from './session.ts'
import { findSecuring, type Securing, toTls } from './site-https.ts'
import { getWebService } from './web.ts'

/** Everything that a site stands on. */
export interface SitePlace {
  site: Context
  platform: Context
  server: Context
  web: WebService
  uri: string
  folder: string
  /** The folder of its platform, which need not be there any more. */
  root: string
  application: string
  /** Its slot and its database; absent for a site that is files and no more. */
  ground?: Ground | undefined
  /** What its application wants of the web. */
  webApp: WebApp
  /** Its certificate; steps that get another one say so here. */
  securing: Securing
}

/** A site with code. */
export type CodePlace = SitePlace & { ground: Ground }

export const hasCode = (place: SitePlace): place is CodePlace => place.ground !== undefined

/** Where an installed site is, or one of files would be. */
export async function findPlace(session: Session, site: Context): Promise<SitePlace> {
  const application = findText(site, 'application') ?? staticFiles.name
  return placeOn(session, site, { application, ground: await findGround(site) })
}

/** Where a site of an application is, or would be, on a ground. */
export async function placeOn(
  session: Session,
  site: Context,
  { application, ground }: { application: string; ground: Ground | undefined },
): Promise<SitePlace> {
  const platform = await session.store.get(platformNameOf(site), 'platform')
  const server = await session.store.get(serverNameOf(platform), 'server')
  const web = getWebService(session, server)
  const uri = uriOf(site)
  const wanted = rootOf(platform, session.folders.home)
  const root = (await findRealFolder(wanted)) ?? wanted
  const securing = await findSecuring(session, { site, server, web, uri })
  const facts = { site, platform, server, web, uri, root, application, securing }
  if (ground === undefined) {
    const folder = path.join(session.folders.sites, uri)
    return { ...facts, folder, webApp: { root: folder, folders: [], hidden: [] } }
  }
  const onGround = { ...facts, folder: siteFolderOf(ground.slot, uri), ground }
  const webApp = await getCodeApplication(application).webApp(toCodeSite(session, onGround))
  return { ...onGround, webApp }
}

/** The same site, on other ground: another slot, or another database. */
export const onGround = (session: Session, place: SitePlace, ground: Ground): Promise<SitePlace> =>
  placeOn(session, place.site, { application: place.application, ground })

/** Where a site answers, as things stand: by HTTPS where that is required and there is a certificate. */
export const urlOf = ({
  web,
  uri,
  site,
  securing,
}: Pick<SitePlace, 'web' | 'uri' | 'site' | 'securing'>): string =>
  web.urlOf(uri, { isSecure: toTls(site, securing)?.isRequired === true })

export function toWebSite({ site, uri, webApp, securing }: SitePlace): WebSite {
  const names = [uri, ...aliasesOf(site)]
  const redirection = findText(site, 'redirection') ?? null
  if (redirection !== null && !names.includes(redirection))
    throw new ProvisionError(
      'PROVISION_BAD_OPTION',
      `“redirection” of @${site.name} is none of its names: ${names.join(', ')}`,
    )
  return {
    ...webApp,
    uri,
    aliases: aliasesOf(site).filter((name) => name !== uri),
    redirection,
    isEnabled: isSiteEnabled(site),
    tls: toTls(site, securing),
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
      `The folder of the site @${site.name} is gone: ${folder}. Make it again, with nothing in it if need be; a restore then fills it.`,
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
