import path from 'node:path'
import { toSizeText } from '#shared/size.ts'
import type { CodeApplication, ForeignSite } from '../applications/application.ts'
import { copyDump } from '../services/mariadb/dump.ts'
import { createDatabaseStep } from '../services/mariadb/steps.ts'
import { willRemove } from '../services/slots/steps.ts'
import { hiddenBeside, moveTo, removal } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { ensureFolder, kindOf, remove, sizeOf } from '../system/files.ts'
import { findDiskUse } from '../system/machine.ts'
import { copyTree } from '../system/trees.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { getCodeApplication } from './application.ts'
import { toCodeSite } from './code-site.ts'
import {
  bringUp,
  linkSteps,
  planReplacement,
  planScripts,
  planSettings,
  replaceAddress,
  writeSettings,
} from './code-steps.ts'
import type { Size } from './room.ts'
import type { Session } from './session.ts'
import { load } from './site-copy.ts'
import { type CodePlace, hasCode, type SitePlace, urlOf } from './site-place.ts'
import { claimSteps } from './site.ts'

/** What lies in a folder as a site of an application that was made elsewhere. Throws PROVISION_NO_SUCH_SITE. */
export async function getForeign(
  application: CodeApplication,
  folder: string,
): Promise<ForeignSite> {
  const foreign = await application.findForeign(folder)
  if (foreign !== undefined) return foreign
  throw new ProvisionError(
    'PROVISION_NO_SUCH_SITE',
    `${folder} holds no site of ${application.name} that could be taken over.`,
  )
}

/** What it takes where it is copied to. */
export async function sizeOfForeign(
  { dump, files }: ForeignSite,
  folder: string,
  signal: AbortSignal,
): Promise<Size> {
  let fileBytes = 0
  for (const { from } of files) fileBytes += await findDiskUse(path.join(folder, from), signal)
  return { databaseBytes: await sizeOf(path.join(folder, dump)), fileBytes }
}

/** Copies a site that was made elsewhere into a slot and a database; what it comes from stays as it is. */
export async function foreignSteps(
  session: Session,
  place: SitePlace,
  { foreign, folder }: { foreign: ForeignSite; folder: string },
): Promise<Step[]> {
  if (!hasCode(place)) throw new Error('a site with code has a ground')
  const { ground } = place
  const application = getCodeApplication(place.application)
  const warn = (message: string): void => session.log('warning', message)
  return [
    ...(await claimSteps(session, place)),
    createDatabaseStep(ground.database),
    {
      kind: 'load-database',
      title: `Load the database ${ground.database.name}`,
      async run(work) {
        const copy = hiddenBeside(place.folder, 'dump')
        await work.willUndo(removal.of({ path: copy }))
        await copyDump(path.join(folder, foreign.dump), copy, work.signal)
        await load(place, copy, work.signal)
        await remove(copy)
      },
      async preview() {
        const dump = path.join(folder, foreign.dump)
        const detail = `loaded with ${dump}, ${toSizeText(await sizeOf(dump))}`
        return [{ kind: 'database', action: 'change', target: ground.database.name, detail }]
      },
    },
    {
      kind: 'make-site',
      title: 'Copy the files of the site',
      async run(work) {
        const { signal } = work
        const half = hiddenBeside(place.folder, 'new')
        await willRemove(work, ground.slot, half)
        await ensureFolder(half, 0o750)
        await application.layOut(toCodeSite(session, place), half, { signal, warn })
        const onLeftOut = (name: string): void =>
          warn(`Left out, since it is no plain file: ${name}`)
        for (const { from, to } of foreign.files) {
          const source = path.join(folder, from)
          if ((await kindOf(source)) !== 'folder') continue
          await remove(path.join(half, to))
          await copyTree(source, path.join(half, to), { signal, onLeftOut })
        }
        await writeSettings(session, place, half, { isNew: true })
        await moveTo(work, half, place.folder)
      },
      async preview() {
        const kinds = await Promise.all(
          foreign.files.map(({ from }) => kindOf(path.join(folder, from))),
        )
        const taken = foreign.files.flatMap(({ from }, index) =>
          kinds[index] === 'folder' ? [from] : [],
        )
        const detail = `on ${place.root}, with ${taken.join(', ')} of ${folder}`
        return [
          { kind: 'folder', action: 'create', target: place.folder, detail },
          ...(await planSettings(session, place, { isNew: true })),
        ]
      },
    },
    ...linkSteps(session, place),
    settleForeignStep(session, place),
  ]
}

/** Its own address is only known once its database is loaded. */
function settleForeignStep(session: Session, place: CodePlace): Step {
  const application = getCodeApplication(place.application)
  const title = 'Fit the site to this server'
  return {
    kind: 'settle-foreign',
    title,
    async run({ signal }) {
      const site = toCodeSite(session, place)
      const from = await application.findUrl?.(site, signal)
      if (from !== undefined && from !== urlOf(place))
        await replaceAddress(session, place, from, signal)
      await bringUp(application, site, signal)
      await application.renamed(site, signal)
    },
    preview: async () => [
      ...(application.findUrl === undefined
        ? []
        : [planReplacement(place, 'the address that it had', urlOf(place))]),
      ...(await planScripts(place, ['update', 'renamed'], title)),
    ],
  }
}
