import path from 'node:path'
import { toSizeText } from '#shared/size.ts'
import { dumpDatabase, loadDatabase } from '../services/mariadb/dump.ts'
import { createDatabaseStep, describeSize } from '../services/mariadb/steps.ts'
import { hiddenBeside, moveTo } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { setMode } from '../system/files.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { getCodeApplication } from './application.ts'
import { DUMP } from './archive-check.ts'
import {
  bringUp,
  linkSteps,
  planSettings,
  unlinkSteps,
  putSiteAside,
  replaceAddressStep,
  siteCodeStep,
  writeSettings,
} from './code-steps.ts'
import type { Session } from './session.ts'
import { type SiteArchive, unpackSite } from './site-archive.ts'
import { type CodePlace, urlOf } from './site-place.ts'

/** What a site with code is to be made of. */
export interface CopyPlan {
  /** Known when the steps run: a step before them may pack it. */
  archive: () => Pick<SiteArchive, 'file' | 'uri'>
  /** What is in it: an archive that is there, or the site that is packed just before. */
  content: SiteArchive | CodePlace
  /** The address that its content leads to; null where nobody knows. */
  from: string | null
  /** Where it comes to. Its database is a new one, which is made. */
  to: CodePlace
  /** What stands in its place, or is the same site under another name: it goes at the end. */
  instead?: CodePlace
  /** A site of its own, with secrets of its own. */
  isNew: boolean
  /** Whether its code is another one than that which wrote the database. */
  isUpgrade: boolean
}

/**
 * Makes a site with code out of an archive: into a folder beside its place and into a new database, so that what is there
 * is as it was until everything is. Then both come into its place at once.
 */
export function copySteps(session: Session, plan: CopyPlan): Step[] {
  const { to, from, instead, isUpgrade } = plan
  const application = getCodeApplication(to.application)
  const isMoved = from !== null && from !== urlOf(to)
  return [
    createDatabaseStep(to.ground.database),
    ...unpackSteps(session, plan),
    ...(instead === undefined ? [] : unlinkSteps(session, instead, to)),
    ...linkSteps(session, to),
    ...(isMoved ? [replaceAddressStep(session, to, from)] : []),
    ...(isUpgrade
      ? [
          siteCodeStep(
            to,
            {
              kind: 'update-site',
              title: 'Bring the database to the new code',
              works: ['update'],
            },
            (site, signal) => bringUp(application, site, signal),
            session,
          ),
        ]
      : []),
    ...(isMoved
      ? [
          siteCodeStep(
            to,
            {
              kind: 'tell-new-address',
              title: 'Tell the site its new address',
              works: ['renamed'],
            },
            (site, signal) => application.renamed(site, signal),
            session,
          ),
        ]
      : []),
  ]
}

function unpackSteps(session: Session, { archive, content, to, instead, isNew }: CopyPlan): Step[] {
  const { folder, ground } = to
  const isInPlace = instead?.folder === folder
  const staging = hiddenBeside(folder, 'restore')
  let fresh = ''
  return [
    {
      kind: 'unpack-site',
      title: 'Unpack the files of the site',
      async run(work) {
        const { slot } = ground
        fresh = await unpackSite(session, work, archive(), { staging, place: folder, slot })
        await writeSettings(session, to, fresh, { isNew })
        // The slot reads the dump in it.
        await setMode(staging, 0o2750)
      },
      preview: async () => [
        {
          kind: 'folder',
          action: isInPlace ? 'change' : 'create',
          target: folder,
          detail: `the files of ${nameContent(content)}`,
        },
        ...(await planSettings(session, to, { isNew })),
      ],
    },
    {
      kind: 'load-database',
      title: `Load the database ${ground.database.name}`,
      run: ({ signal }) => load(to, path.join(staging, DUMP), signal),
      async preview(signal) {
        const detail = `loaded with ${await describeDump(content, signal)}`
        return [{ kind: 'database', action: 'change', target: ground.database.name, detail }]
      },
    },
    {
      kind: 'swap-site',
      title: 'Put the files of the site in place',
      async run(work) {
        if (instead !== undefined) await putSiteAside(work, instead)
        await moveTo(work, fresh, folder)
      },
      preview: () =>
        Promise.resolve(
          instead === undefined || isInPlace
            ? []
            : [{ kind: 'folder', action: 'remove', target: instead.folder }],
        ),
    },
  ]
}

const nameContent = (content: SiteArchive | CodePlace): string =>
  'file' in content ? content.file : `the backup of ${content.uri}`

async function describeDump(
  content: SiteArchive | CodePlace,
  signal: AbortSignal,
): Promise<string> {
  if ('file' in content) return `the dump in ${content.file}, ${toSizeText(content.dumpBytes ?? 0)}`
  const { database } = content.ground
  return `a dump of ${database.name}, ${await describeSize(database, signal)}`
}

/** Runs a dump, which the slot can read, into the empty database of a site. */
export function load({ ground }: CodePlace, file: string, signal: AbortSignal): Promise<void> {
  return loadDatabase(
    (program, stop) => ground.door.run(program, stop),
    ground.database,
    file,
    signal,
  )
}

/** Writes the database of a site into a file, by the account of its slot. */
export function dump({ ground }: CodePlace, file: string, signal: AbortSignal): Promise<number> {
  return dumpDatabase(
    (program, stop) => ground.door.run(program, stop),
    ground.database,
    file,
    signal,
  )
}

/** Throws PROVISION_DB_DUMP_NOT_FOUND where an archive has no database, and the site needs one. */
export function refuseWithoutDatabase({ file, dumpBytes }: SiteArchive): void {
  if (dumpBytes !== null) return
  throw new ProvisionError(
    'PROVISION_DB_DUMP_NOT_FOUND',
    `${file} has no dump of the site's database.`,
  )
}
