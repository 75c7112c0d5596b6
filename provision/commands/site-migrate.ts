import type { JsonRecord } from '#shared/domain/json.ts'
import {
  aliasesOf,
  type Context,
  findText,
  isSiteEnabled,
  withOptions,
} from '../context/context.ts'
import { dropDatabaseStep } from '../services/mariadb/steps.ts'
import { handSlotStep } from '../services/slots/steps.ts'
import { removeContextStep } from '../steps/contexts.ts'
import { moveTo } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { claimsOf, getMachine, withNewDatabase } from './ground.ts'
import { refuseOverload } from './load.ts'
import { roomStep } from './room.ts'
import type { CommandResult, Session } from './session.ts'
import { backupSteps } from './site-backup.ts'
import { copySteps } from './site-copy.ts'
import { certificateSteps, removeCertificatesStep } from './site-https.ts'
import {
  findPlace,
  hasCode,
  placeOn,
  refuseTakenFolder,
  refuseTakenNames,
  refuseUnlessInstalled,
  type SitePlace,
  toWebSite,
  urlOf,
} from './site-place.ts'
import { getTarget, holdNewName, settleStep, toName, toNewUri } from './site-target.ts'
import { asInstalled, factsOf, webSteps } from './site.ts'

/**
 * Moves a site to another platform, to another name, or both. One that is files only moves its folder; one with code is
 * made anew out of its backup, so that what it was is there until it has become what it is to be.
 */
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
  const moved = movedContext(site, { uri, platform: platform.name })
  await refuseUnlessInstalled(from)
  const move: Move = { from, to: await placeAfter(session, from, moved), isRenamed, isMoved }
  await refuseTakenNames(session, move.to, { besides: site.name })
  if (isRenamed) await refuseTakenFolder(move.to)
  const data: JsonRecord = {}
  await session.run([
    roomStep(session, from, hasCode(from) ? { made: 'what-is-packed' } : {}),
    ...pauseSteps(move),
    ...backupSteps(session, from, data),
    ...(await carrySteps(session, move, data)),
    ...webSteps(session, move.to),
    settleStep(session, () => asInstalled(move.to), { platform: platform.name, isNew: isMoved }),
    ...(isRenamed
      ? [removeCertificatesStep(session, from.uri), removeContextStep(session.store, site.name)]
      : []),
    ...(hasCode(from) ? [dropDatabaseStep(from.ground.database)] : []),
  ])
  return {
    data: { ...factsOf(move.to), ...data },
    contexts: [asInstalled(move.to)],
    removedContexts: isRenamed ? [site.name] : [],
  }
}

interface Move {
  from: SitePlace
  to: SitePlace
  isRenamed: boolean
  isMoved: boolean
}

/** A site with code stays in its slot and gets a new database there, so that the old one is untouched until the end. */
async function placeAfter(
  session: Session,
  { ground, application }: SitePlace,
  moved: Context,
): Promise<SitePlace> {
  const fresh = ground && (await withNewDatabase(ground, session.parts.signal))
  return placeOn(session, moved, { application, ground: fresh })
}

/** What is written between the backup and the end would be lost: until then the site shows that it is out of order. */
const pauseSteps = ({ from }: Move): Step[] =>
  hasCode(from) && isSiteEnabled(from.site)
    ? from.web
        .configureSite({ ...toWebSite(from), isEnabled: false })
        .map((step) => untilDone(step, from.uri))
    : []

/** What it writes is not what stays there: of that the steps behind it tell. */
const untilDone = (step: Step, uri: string): Step => ({
  ...step,
  async preview(signal) {
    const changes = (await step.preview?.(signal)) ?? []
    return changes.map((change) =>
      change.kind === 'reload'
        ? change
        : { kind: 'other', action: 'change', target: uri, detail: 'out of order until it is done' },
    )
  },
})

/** With HTTPS the certificate comes first: what is written of the site's address depends on it. */
async function carrySteps(session: Session, move: Move, data: JsonRecord): Promise<Step[]> {
  const moving = await moveSteps(session, move, data)
  const certificate = certificateSteps(session, move.to, {
    webSite: toWebSite(move.to),
    isOnWeb: !move.isRenamed,
  })
  return certificate.length === 0
    ? [...moving, ...leaveSteps(move)]
    : [...leaveSteps(move), ...certificate, ...moving]
}

async function moveSteps(
  session: Session,
  { from, to, isRenamed, isMoved }: Move,
  data: JsonRecord,
): Promise<Step[]> {
  if (!hasCode(from) || !hasCode(to)) return isRenamed ? [moveStep(from, to)] : []
  const claims = claimsOf(session, await getMachine())
  return [
    ...copySteps(session, {
      archive: () => ({ file: data['file'] as string, uri: from.uri }),
      content: from,
      from: urlOf(from),
      to,
      instead: from,
      isNew: false,
      isUpgrade: isMoved,
    }),
    ...(isRenamed
      ? [handSlotStep(claims, to.ground.slot, { from: from.site.name, to: to.site.name })]
      : []),
  ]
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
function leaveSteps({ from, to }: Move): Step[] {
  const typeOf = ({ server }: SitePlace): string | undefined =>
    findText(server, 'http_service_type')
  const stays = from.uri === to.uri && typeOf(from) === typeOf(to)
  return stays ? [] : from.web.removeSite(from.uri)
}
