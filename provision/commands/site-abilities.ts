import type { JsonRecord } from '#shared/domain/json.ts'
import type { Ability } from '../applications/application.ts'
import { aliasesOf, type Context, isSiteEnabled } from '../context/context.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { getApplication } from './application.ts'
import { toCodeSite } from './code-site.ts'
import { planScripts } from './code-steps.ts'
import type { CommandResult, Session } from './session.ts'
import { findPlace, hasCode, refuseUnlessInstalled, type SitePlace, urlOf } from './site-place.ts'

/** Lets the application do its regular work. */
export const runCron = (session: Session, site: Context): Promise<CommandResult> =>
  use(session, site, 'cron', 'Run cron')

/** Makes a link that logs in once: `loginLink`. */
export const resetLogin = (session: Session, site: Context): Promise<CommandResult> =>
  use(session, site, 'login-reset', 'Make a login link')

async function use(
  session: Session,
  site: Context,
  ability: Ability,
  title: string,
): Promise<CommandResult> {
  const place = await findPlace(session, site)
  await refuseUnlessInstalled(place)
  const operation = operationOf(session, place, ability)
  if (operation === undefined)
    throw new ProvisionError(
      'PROVISION_NO_SUCH_ABILITY',
      `The site @${site.name} is ${place.application}, which has nothing for “${ability}”.`,
    )
  if (!isSiteEnabled(site))
    throw new ProvisionError('PROVISION_SITE_DISABLED', `The site @${site.name} is disabled.`)
  const data: JsonRecord = {}
  await session.run([
    {
      kind: ability,
      title,
      async run({ signal }) {
        Object.assign(data, await operation(signal))
      },
      preview: () =>
        hasCode(place)
          ? planScripts(place, [ability], title)
          : Promise.resolve([{ kind: 'other', action: 'run', target: place.uri, detail: title }]),
    },
  ])
  return { data, contexts: [], removedContexts: [] }
}

function operationOf(
  session: Session,
  place: SitePlace,
  ability: Ability,
): ((signal: AbortSignal) => Promise<JsonRecord>) | undefined {
  const application = getApplication(place.application)
  if (application.kind === 'files') {
    const operation = application.abilities[ability]
    const { uri, folder, root } = place
    const { options } = session.parts
    const aliases = aliasesOf(place.site)
    const site = { uri, url: urlOf(place), aliases, folder, root, options }
    return operation && ((signal) => operation(site, signal))
  }
  const operation = application.abilities[ability]
  if (operation === undefined || !hasCode(place)) return undefined
  const site = toCodeSite(session, place)
  return (signal) => operation(site, signal)
}
