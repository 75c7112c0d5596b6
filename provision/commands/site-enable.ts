import { type Context, isSiteEnabled } from '../context/context.ts'
import type { CommandResult, Session } from './session.ts'
import { certificateSteps } from './site-https.ts'
import { findPlace, refuseTakenNames, refuseUnlessInstalled, toWebSite } from './site-place.ts'
import { asInstalled, factsOf, installedStep, webSteps } from './site.ts'

/** Puts the site back on the web. */
export const enableSite = (session: Session, site: Context): Promise<CommandResult> =>
  setEnabled(session, site, true)

/** Takes the site off the web; its names answer that it is out of order, its files stay. */
export const disableSite = (session: Session, site: Context): Promise<CommandResult> =>
  setEnabled(session, site, false)

async function setEnabled(
  session: Session,
  site: Context,
  isEnabled: boolean,
): Promise<CommandResult> {
  const wanted = { ...site, options: { ...site.options, site_enabled: isEnabled } }
  const place = await findPlace(session, wanted)
  await refuseUnlessInstalled(place)
  if (isEnabled) await refuseTakenNames(session, place)
  await session.run([
    ...(isEnabled
      ? certificateSteps(session, place, { webSite: toWebSite(place), isOnWeb: true })
      : []),
    ...webSteps(session, place),
    installedStep(session, place),
  ])
  const changed = asInstalled(place)
  return {
    data: isSiteEnabled(changed) ? factsOf(place) : {},
    contexts: [changed],
    removedContexts: [],
  }
}
