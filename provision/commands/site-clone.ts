import type { JsonRecord } from '#shared/domain/json.ts'
import { type Context, FORMAT } from '../context/context.ts'
import { checkValue } from '../context/keys.ts'
import { hiddenBeside, moveTo } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { getApplication } from './application.ts'
import { refuseOverload } from './load.ts'
import { roomStep } from './room.ts'
import type { CommandResult, Session } from './session.ts'
import { openSiteArchive, type SiteArchive, unpackSite } from './site-archive.ts'
import { backupSteps } from './site-backup.ts'
import { copySteps } from './site-copy.ts'
import {
  findPlace,
  hasCode,
  refuseTakenFolder,
  refuseTakenNames,
  refuseUnlessInstalled,
  type SitePlace,
  urlOf,
} from './site-place.ts'
import { getBackupFile, refuseOther } from './site-restore.ts'
import { getTarget, holdNewName, settleStep, toName, toNewUri } from './site-target.ts'
import { asInstalled, claimSteps, factsOf, newPlace, webSteps } from './site.ts'

/** Facts of a site that its copy has, too; its other names it cannot have. */
const INHERITED = [
  'client_name',
  'client_email',
  'language',
  'profile',
  'site_title',
  'application_facts',
  'backup_every_seconds',
]
/** What may be said of the copy in the run's options. */
const OF_THE_COPY = ['aliases', 'redirection']

/**
 * A copy of a site under a new name: out of a backup that is named, or else out of one that is made now. The backup
 * stays.
 */
export async function cloneSite(
  session: Session,
  site: Context,
  [newName = '', platformName = '', backup]: readonly string[],
): Promise<CommandResult> {
  const source = await findPlace(session, site)
  refuseOverload(source.server)
  await refuseUnlessInstalled(source)
  const uri = toNewUri(newName)
  const platform = await getTarget(session, toName(platformName), source)
  await holdNewName(session, uri)
  const context = newContext(session, site, { uri, platform: platform.name })
  const application = getApplication(source.application)
  const copy = await newPlace(session, context, application)
  await refuseTakenNames(session, copy)
  await refuseTakenFolder(copy)
  const named =
    backup === undefined
      ? undefined
      : await openSiteArchive(session, await getBackupFile(session, backup))
  if (named !== undefined) refuseOther(session, source, named)
  const isNew = platform.name !== source.platform.name
  const data: JsonRecord = {}
  const archive = (): Pick<SiteArchive, 'file' | 'uri'> =>
    named ?? { file: data['file'] as string, uri: source.uri }
  await session.run([
    ...(named === undefined
      ? [
          roomStep(session, source, { made: 'what-is-packed' }),
          ...backupSteps(session, source, data),
        ]
      : [roomStep(session, copy, { isPacked: false, made: named.size })]),
    ...(hasCode(copy) && hasCode(source)
      ? [
          ...(await claimSteps(session, copy)),
          ...copySteps(session, {
            archive,
            content: named ?? source,
            from: named === undefined ? urlOf(source) : named.url,
            to: copy,
            isNew: true,
            isUpgrade: isNew,
          }),
        ]
      : [copyStep(session, { source, copy, archive })]),
    ...webSteps(session, copy),
    settleStep(session, () => asInstalled(copy), { platform: platform.name, isNew }),
  ])
  return {
    data: { ...factsOf(copy), ...data },
    contexts: [asInstalled(copy)],
    removedContexts: [],
  }
}

function newContext(
  session: Session,
  { options }: Context,
  { uri, platform }: { uri: string; platform: string },
): Context {
  const inherited = Object.fromEntries(
    INHERITED.flatMap((key) => {
      const value = options[key]
      return value === undefined ? [] : [[key, value]]
    }),
  )
  const facts = { platform: `@${platform}`, uri, ...factsOfCopy(session) }
  return { format: FORMAT, name: uri, type: 'site', options: { ...inherited, ...facts } }
}

function factsOfCopy({ parts: { options } }: Session): JsonRecord {
  const facts: JsonRecord = {}
  for (const key of OF_THE_COPY) {
    const value = options[key] ?? null
    if (value === null || value === '') continue
    const checked = checkValue('site', key, value)
    if (checked === undefined || 'problem' in checked)
      throw new ProvisionError(
        'PROVISION_BAD_OPTION',
        `“${key}” of the copy ${checked?.problem ?? 'is not known'}.`,
      )
    facts[key] = checked.value
  }
  return facts
}

function copyStep(
  session: Session,
  {
    source,
    copy,
    archive,
  }: { source: SitePlace; copy: SitePlace; archive: () => Pick<SiteArchive, 'file' | 'uri'> },
): Step {
  return {
    kind: 'copy-site',
    title: 'Copy the files of the site',
    async run(work) {
      const place = copy.folder
      const staging = hiddenBeside(place, 'new')
      await moveTo(work, await unpackSite(session, work, archive(), { staging, place }), place)
    },
    preview: () =>
      Promise.resolve([
        {
          kind: 'folder',
          action: 'create',
          target: copy.folder,
          detail: `a copy of ${source.folder}`,
        },
      ]),
  }
}
