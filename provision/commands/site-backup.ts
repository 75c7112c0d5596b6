import path from 'node:path'
import type { JsonRecord } from '#shared/domain/json.ts'
import { removal } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { checkArchive, packArchive, partialOf } from '../system/archive.ts'
import { ensureFolder, kindOf, remove, writeAtomically } from '../system/files.ts'
import { VERSION } from '../version.ts'
import type { Session } from './session.ts'
import type { SitePlace } from './site-place.ts'

export const MANIFEST = 'manifest.json'
export const MANIFEST_FORMAT = 1
export const MANIFEST_KIND = 'site-backup'

/** Packs the site's folder and a manifest, and reads the archive back. `data` gets `file` and `sizeBytes`. */
export function backupSteps(session: Session, place: SitePlace, data: JsonRecord): Step[] {
  let file = ''
  return [
    {
      kind: 'pack-backup',
      title: 'Pack a backup',
      async run(work) {
        file = await freeName(session.folders.backups, place.uri, session.parts.now())
        const staging = `${file}.staging`
        for (const path of [file, partialOf(file), staging])
          await work.willUndo(removal.of({ path }))
        await writeAtomically(path.join(staging, MANIFEST), renderManifest(session, place))
        const parts = [
          { inFolder: staging, name: MANIFEST },
          { inFolder: path.dirname(place.folder), name: place.uri },
        ]
        const { sizeBytes } = await packArchive(file, parts, work.signal)
        await remove(staging)
        data['file'] = file
        data['sizeBytes'] = sizeBytes
      },
    },
    {
      kind: 'check-backup',
      title: 'Read the backup back',
      run: ({ signal }) => checkArchive(file, MANIFEST, signal),
    },
  ]
}

function renderManifest(session: Session, { site, uri, application }: SitePlace): string {
  const manifest = {
    format: MANIFEST_FORMAT,
    kind: MANIFEST_KIND,
    uri,
    folder: uri,
    application,
    context: site,
    createdAt: new Date(session.parts.now()).toISOString(),
    program: VERSION,
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/** `www.example.com-20260102T030405Z.tar.gz`, numbered where that one is there. */
async function freeName(folder: string, uri: string, now: number): Promise<string> {
  await ensureFolder(folder)
  // The longest host names leave no room in a file's name for the rest.
  const stem = path.join(folder, `${uri.slice(0, 200)}-${toStamp(now)}`)
  for (let number = 1; ; number++) {
    const file = `${stem}${number === 1 ? '' : `_${number}`}.tar.gz`
    if ((await kindOf(file)) === 'absent') return file
  }
}

export const toStamp = (now: number): string =>
  new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
