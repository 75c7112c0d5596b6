import type { JsonRecord } from '#shared/domain/json.ts'
import { type Context, isSiteEnabled } from '../context/context.ts'
import { hiddenBeside, moveTo, putAside } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { findBackupFile } from './backup-file.ts'
import { refuseOverload } from './load.ts'
import type { CommandResult, Session } from './session.ts'
import { checkSiteArchive, type SiteArchive, unpackSite } from './site-archive.ts'
import { backupSteps } from './site-backup.ts'
import { findPlace, refuseUnlessInstalled, type SitePlace } from './site-place.ts'
import { lookAtSite } from './site.ts'

/** Puts a backup's files in the place of the site's. What is there is packed first; the context stays as it is. */
export async function restoreSite(
  session: Session,
  site: Context,
  [named = '']: readonly string[],
): Promise<CommandResult> {
  const place = await findPlace(session, site)
  refuseOverload(place.server)
  await refuseUnlessInstalled(place)
  const { file, isThere } = await findBackupFile(session, named)
  if (!isThere)
    throw new ProvisionError('PROVISION_NO_SUCH_BACKUP', `The backup is not there: ${file}`)
  const archive = await getArchive(session, place, file)
  const data: JsonRecord = {}
  await session.run([
    ...backupSteps(session, place, data),
    swapStep(session, place, archive),
    ...(isSiteEnabled(site) ? [lookAtSite(place)] : []),
  ])
  return { data, contexts: [site], removedContexts: [] }
}

async function getArchive(
  session: Session,
  { uri, application }: SitePlace,
  file: string,
): Promise<SiteArchive> {
  const archive = await checkSiteArchive(session, file, session.parts.signal)
  if (archive.application !== application)
    throw new ProvisionError(
      'PROVISION_OTHER_APPLICATION',
      `The backup is of ${archive.application}, the site is ${application}.`,
    )
  if (archive.uri !== uri)
    session.log('info', `The backup was made when the site was called ${archive.uri}.`)
  return archive
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
