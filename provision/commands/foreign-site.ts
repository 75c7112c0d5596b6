import path from 'node:path'
import type { CodeApplication, ForeignSite } from '../applications/application.ts'
import { copyDump } from '../services/mariadb/dump.ts'
import { createDatabaseStep } from '../services/mariadb/steps.ts'
import { willRemove } from '../services/slots/steps.ts'
import { hiddenBeside, moveTo } from '../steps/files.ts'
import { removal } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { ensureFolder, kindOf, remove } from '../system/files.ts'
import { copyTree } from '../system/trees.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { getCodeApplication } from './application.ts'
import { toCodeSite } from './code-site.ts'
import { linkSteps, replaceAddress, siteCodeStep, writeSettings } from './code-steps.ts'
import type { Session } from './session.ts'
import { load } from './site-copy.ts'
import { hasCode, type SitePlace, urlOf } from './site-place.ts'
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
    },
    ...linkSteps(session, place),
    siteCodeStep(
      place,
      { kind: 'settle-foreign', title: 'Fit the site to this server' },
      async (site, signal) => {
        const from = await application.findUrl?.(site, signal)
        if (from !== undefined && from !== urlOf(place))
          await replaceAddress(session, place, from, signal)
        await application.update(site, signal)
        await application.renamed(site, signal)
      },
      session,
    ),
  ]
}
