import type { JsonRecord } from '#shared/domain/json.ts'
import { type Context, isSiteEnabled } from '../context/context.ts'
import { dropDatabaseStep } from '../services/mariadb/steps.ts'
import { writeContextStep } from '../steps/contexts.ts'
import { hiddenBeside, moveTo, putAside } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { findBackupFile } from './backup-file.ts'
import { withNewDatabase } from './ground.ts'
import { refuseOverload } from './load.ts'
import { roomStep } from './room.ts'
import type { CommandResult, Session } from './session.ts'
import { checkSiteArchive, type SiteArchive, unpackSite } from './site-archive.ts'
import { backupSteps } from './site-backup.ts'
import { copySteps, refuseWithoutDatabase } from './site-copy.ts'
import {
  type CodePlace,
  findPlace,
  hasCode,
  onGround,
  refuseUnlessInstalled,
  type SitePlace,
} from './site-place.ts'
import { asInstalled, lookAtSite } from './site.ts'

/**
 * Puts a backup's files, and its database, in the place of the site's. What is there is packed first. The context stays as
 * it is, but for the name of the database, which is a new one.
 */
export async function restoreSite(
  session: Session,
  site: Context,
  [named = '']: readonly string[],
): Promise<CommandResult> {
  const place = await findPlace(session, site)
  refuseOverload(place.server)
  await refuseUnlessInstalled(place)
  const file = await getBackupFile(session, named)
  // What is there is replaced: that begins only once all of the archive is known to be good.
  const archive = await checkSiteArchive(session, file, session.parts.signal)
  refuseOther(session, place, archive)
  const data: JsonRecord = {}
  const restored = hasCode(place) ? await withFreshDatabase(session, place) : place
  const context = hasCode(restored) ? asInstalled(restored) : site
  await session.run([
    roomStep(session, place, { made: archive.size }),
    ...backupSteps(session, place, data),
    ...(hasCode(place) && hasCode(restored)
      ? [
          ...copySteps(session, {
            archive: () => archive,
            content: archive,
            from: archive.url,
            to: restored,
            instead: place,
            isNew: false,
            isUpgrade: false,
          }),
          writeContextStep(session.store, context),
        ]
      : [swapStep(session, place, archive)]),
    ...(isSiteEnabled(site) ? [lookAtSite(session, place)] : []),
    ...(hasCode(place) ? [dropDatabaseStep(place.ground.database)] : []),
  ])
  return { data, contexts: [context], removedContexts: [] }
}

export async function withFreshDatabase(session: Session, place: CodePlace): Promise<CodePlace> {
  const ground = await withNewDatabase(place.ground, session.parts.signal)
  return { ...(await onGround(session, place, ground)), ground }
}

/** Throws PROVISION_BACKUP_NOT_FOUND, PROVISION_FOREIGN_FILE. */
export async function getBackupFile(session: Session, named: string): Promise<string> {
  const { file, isThere } = await findBackupFile(session, named)
  if (isThere) return file
  throw new ProvisionError('PROVISION_BACKUP_NOT_FOUND', `The backup is not there: ${file}`)
}

/** Throws where this site cannot be made from an archive: it is of another application, or has no database. */
export function refuseOther(
  session: Session,
  { uri, application, ground }: SitePlace,
  archive: SiteArchive,
): void {
  if (archive.application !== application)
    throw new ProvisionError(
      'PROVISION_OTHER_APPLICATION',
      `The backup is of ${archive.application}, the site is ${application}.`,
    )
  if (ground !== undefined) refuseWithoutDatabase(archive)
  if (archive.uri !== uri)
    session.log('info', `The backup was made when the site was called ${archive.uri}.`)
}

/** Unpacks beside, then swaps by two renames. */
function swapStep(session: Session, { folder }: SitePlace, archive: SiteArchive): Step {
  return {
    kind: 'swap-site',
    title: 'Put the files of the backup in place',
    async run(work) {
      const staging = hiddenBeside(folder, 'restore')
      const fresh = await unpackSite(session, work, archive, { staging, place: folder })
      await putAside(work, folder)
      await moveTo(work, fresh, folder)
    },
    preview: () =>
      Promise.resolve([
        {
          kind: 'folder',
          action: 'change',
          target: folder,
          detail: `the files of ${archive.file}`,
        },
      ]),
  }
}
