import type { JsonRecord } from '#shared/domain/json.ts'
import { aliasesOf, type Context, findText, withOptions } from '../context/context.ts'
import { removeContextStep } from '../steps/contexts.ts'
import { moveTo } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { refuseOverload } from './load.ts'
import type { CommandResult, Session } from './session.ts'
import { backupSteps } from './site-backup.ts'
import {
  findPlace,
  refuseTakenFolder,
  refuseTakenNames,
  refuseUnlessInstalled,
  type SitePlace,
} from './site-place.ts'
import { getTarget, holdNewName, settleStep, toName, toNewUri } from './site-target.ts'
import { asInstalled, factsOf, webSteps } from './site.ts'

/** Moves a site to another platform, to another name, or both. Its files stay its own, and move with the name. */
export async function migrateSite(
  session: Session,
  site: Context,
  [platformName = '', newName]: readonly string[],
): Promise<CommandResult> {
  const from = await findPlace(session, site)
  refuseOverload(from.server)
  const uri = newName === undefined ? from.uri : toNewUri(newName)
  const platform = await getTarget(session, toName(platformName), from)
  const isRenamed = uri !== from.uri
  const isMoved = platform.name !== from.platform.name
  if (!isRenamed && !isMoved)
    throw new ProvisionError(
      'PROVISION_NOTHING_CHANGES',
      `The site @${site.name} has this name and is on this platform already.`,
    )
  if (isRenamed) await holdNewName(session, uri)
  const to = await findPlace(session, movedContext(site, { uri, platform: platform.name }))
  await refuseUnlessInstalled(from)
  await refuseTakenNames(session, to, { besides: site.name })
  if (isRenamed) await refuseTakenFolder(to)
  const installed = asInstalled(to)
  const data: JsonRecord = {}
  await session.run([
    ...backupSteps(session, from, data),
    ...(isRenamed ? [moveStep(from, to)] : []),
    ...leaveSteps(from, to),
    ...webSteps(to),
    settleStep(session, installed, { platform: platform.name, isNew: isMoved }),
    ...(isRenamed ? [removeContextStep(session.store, site.name)] : []),
  ])
  return {
    data: { ...factsOf(installed), ...data },
    contexts: [installed],
    removedContexts: isRenamed ? [site.name] : [],
  }
}

/** The context as it is to be: the old name is no alias of the new one. */
function movedContext(
  site: Context,
  { uri, platform }: { uri: string; platform: string },
): Context {
  const old = findText(site, 'uri')
  if (uri === old) return withOptions(site, { platform: `@${platform}` })
  const { aliases: _aliases, redirection, ...others } = site.options
  const aliases = aliasesOf(site).filter((name) => name !== uri)
  return {
    ...site,
    name: uri,
    options: {
      ...others,
      ...(aliases.length > 0 ? { aliases } : {}),
      ...(redirection === undefined
        ? {}
        : { redirection: redirection === old ? uri : redirection }),
      uri,
      platform: `@${platform}`,
    },
  }
}

const moveStep = (from: SitePlace, to: SitePlace): Step => ({
  kind: 'move-site',
  title: `Move the files to ${to.uri}`,
  run: (work) => moveTo(work, from.folder, to.folder),
  preview: () =>
    Promise.resolve([
      { kind: 'folder', action: 'move', target: from.folder, detail: `to ${to.folder}` },
    ]),
})

/** Before the new virtual host, since an old alias may be the new name. What only changes is not taken away first. */
function leaveSteps(from: SitePlace, to: SitePlace): Step[] {
  const typeOf = ({ server }: SitePlace): string | undefined =>
    findText(server, 'http_service_type')
  const stays = from.uri === to.uri && typeOf(from) === typeOf(to)
  return stays ? [] : from.web.removeSite(from.uri)
}
