import type { JsonRecord } from '#shared/domain/json.ts'
import type { Ability } from '../applications/application.ts'
import { type Context, isSiteEnabled } from '../context/context.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { getApplication } from './application.ts'
import type { CommandResult, Session } from './session.ts'
import { findPlace, refuseUnlessInstalled } from './site-place.ts'

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
  const operation = getApplication(place.application).abilities[ability]
  if (operation === undefined)
    throw new ProvisionError(
      'PROVISION_NO_SUCH_ABILITY',
      `The site @${site.name} is ${place.application}, which has nothing for “${ability}”.`,
    )
  if (!isSiteEnabled(site))
    throw new ProvisionError('PROVISION_SITE_DISABLED', `The site @${site.name} is disabled.`)
  const { uri, folder, web } = place
  const data: JsonRecord = {}
  await session.run([
    {
      kind: ability,
      title,
      async run({ signal }) {
        const { options } = session.parts
        Object.assign(data, await operation({ uri, folder, url: web.urlOf(uri), options }, signal))
      },
    },
  ])
  return { data, contexts: [], removedContexts: [] }
}
