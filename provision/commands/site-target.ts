import { toHostName } from '#shared/domain/host-name.ts'
import { type Context, withOptions } from '../context/context.ts'
import { isContextName } from '../context/keys.ts'
import { planContext, writeContext } from '../steps/contexts.ts'
import type { Step } from '../steps/step.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { findApplication, refuseIncomplete } from './application.ts'
import { refuseLocked } from './platform.ts'
import type { Session } from './session.ts'
import type { SitePlace } from './site-place.ts'

/** `@name` of an argument, without its sign. Throws PROVISION_USAGE. */
export function toName(arg: string): string {
  const name = arg.startsWith('@') ? arg.slice(1) : ''
  if (isContextName(name)) return name
  throw new ProvisionError('PROVISION_USAGE', `${JSON.stringify(arg.slice(0, 100))} is no @name.`)
}

/** The host name that a site is to have: `@www.example.com`. Throws PROVISION_USAGE. */
export function toNewUri(arg: string): string {
  const name = toName(arg)
  if (toHostName(name) === name) return name
  throw new ProvisionError(
    'PROVISION_USAGE',
    `@${name} is no host name in lower case, such as @www.example.com.`,
  )
}

/** The platform that a site is to come to. Throws PROVISION_PLATFORM_LOCKED, PROVISION_OTHER_APPLICATION. */
export async function getTarget(
  session: Session,
  name: string,
  { platform, application }: SitePlace,
): Promise<Context> {
  if (name === platform.name) return platform
  const target = await session.store.get(name, 'platform')
  refuseLocked(target)
  const carried = await findApplication(session, target)
  if (carried.name === application) {
    await refuseIncomplete(session, target, carried)
    return target
  }
  throw new ProvisionError(
    'PROVISION_OTHER_APPLICATION',
    `The platform @${name} carries ${carried.name}, the site needs ${application}.`,
  )
}

/** Takes a name that no context has, until the session ends. Throws PROVISION_NAME_TAKEN. */
export async function holdNewName(session: Session, name: string): Promise<void> {
  // Nobody who holds this name waits for ours, so this cannot wait for ever: it is looked at before.
  await refuseTaken(session, name)
  await session.hold(name)
  await refuseTaken(session, name)
}

async function refuseTaken(session: Session, name: string): Promise<void> {
  if ((await session.store.find(name)) === undefined) return
  throw new ProvisionError('PROVISION_NAME_TAKEN', `There is a context @${name} already.`)
}

/**
 * Writes a site's context with its platform held: that may have been deleted or locked while we worked. `isNew` says that the
 * site comes to it.
 */
export function settleStep(
  session: Session,
  siteOf: () => Context,
  { platform, isNew }: { platform: string; isNew: boolean },
): Step {
  const { store } = session
  return {
    kind: 'settle-site',
    title: `Save @${siteOf().name}`,
    run: (work) =>
      session.holding(platform, async () => {
        const target = await store.get(platform, 'platform')
        if (isNew) refuseLocked(target)
        await writeContext(work, store, withOptions(siteOf(), { platform: `@${platform}` }))
      }),
    preview: () =>
      planContext(store, siteOf().name, withOptions(siteOf(), { platform: `@${platform}` })),
  }
}
