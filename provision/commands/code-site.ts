import { isRecord } from '#shared/protocol/wire.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { CodeSite } from '../applications/application.ts'
import { aliasesOf, type Context, findText } from '../context/context.ts'
import type { Session } from './session.ts'
import { type CodePlace, urlOf } from './site-place.ts'

/** A site with code, as its application sees it. */
export function toCodeSite(session: Session, place: Omit<CodePlace, 'webApp'>): CodeSite {
  const { site, uri, folder, root, ground } = place
  const { slot, door, database } = ground
  const { options } = session.parts
  const mail = options['client_email']
  return {
    uri,
    url: urlOf(place),
    aliases: aliasesOf(site).filter((name) => name !== uri),
    folder,
    root,
    options,
    title: findText(site, 'site_title') ?? uri,
    mail: typeof mail === 'string' ? mail : (findText(site, 'client_email') ?? `webmaster@${uri}`),
    language: findText(site, 'language') ?? 'en',
    profile: findText(site, 'profile') ?? null,
    facts: applicationFactsOf(site),
    slot: { name: slot.name, socket: slot.socket },
    database,
    evaluate: (source, input, signal) => door.evaluate(source, input, signal),
  }
}

/** What the application keeps about a site. */
export function applicationFactsOf({ options }: Context): JsonRecord {
  const facts = options['application_facts']
  return isRecord(facts) ? facts : {}
}
