import path from 'node:path'
import type { JsonRecord } from '#shared/domain/json.ts'
import { describeSize } from '../services/mariadb/steps.ts'
import { removal } from '../steps/files.ts'
import type { Step, Work } from '../steps/step.ts'
import { packArchive, partialOf } from '../system/archive.ts'
import { renderChecksums } from '../system/checksums.ts'
import { ensureFolder, kindOf, remove, writeAtomically } from '../system/files.ts'
import { findDiskUse } from '../system/machine.ts'
import { VERSION } from '../version.ts'
import { CHECKSUMS, DUMP, MANIFEST, MANIFEST_FORMAT, MANIFEST_KIND } from './archive-check.ts'
import { noteOf, toNote } from './backup-note.ts'
import { normaliseStep } from './code-steps.ts'
import type { Session } from './session.ts'
import { checkSiteArchive } from './site-archive.ts'
import { dump } from './site-copy.ts'
import { hasCode, type SitePlace } from './site-place.ts'

/**
 * Packs a manifest, the dump of the site's database, its folder and the checksums of them all, and reads the archive back.
 * `data` gets `file` and `sizeBytes`.
 */
export function backupSteps(session: Session, place: SitePlace, data: JsonRecord): Step[] {
  let file = ''
  return [
    ...(hasCode(place) ? [normaliseStep(place)] : []),
    {
      kind: 'pack-backup',
      title: 'Pack a backup',
      async run(work) {
        file = await freeName(session.folders.backups, place.uri, session.parts.now())
        data['file'] = file
        data['sizeBytes'] = await pack(session, work, place, file)
      },
      async preview(signal) {
        const target = await freeName(session.folders.backups, place.uri, session.parts.now())
        const detail = `a backup of ${place.folder}${await describeWithin(place, signal)}`
        const hasNote = toNote(session.parts.options) !== ''
        return [
          { kind: 'file', action: 'create', target, detail },
          ...(hasNote ? [{ kind: 'file', action: 'create', target: noteOf(target) } as const] : []),
        ]
      },
    },
    {
      kind: 'check-backup',
      title: 'Read the backup back',
      async run({ signal }) {
        await checkSiteArchive(session, file, signal, { hasRoom: true })
      },
      preview: () => Promise.resolve([]),
    },
  ]
}

async function describeWithin(place: SitePlace, signal: AbortSignal): Promise<string> {
  if (!hasCode(place)) return ''
  const { database } = place.ground
  return ` and of the database ${database.name}, ${await describeSize(database, signal)}`
}

async function pack(session: Session, work: Work, place: SitePlace, file: string): Promise<number> {
  const staging = `${file}.staging`
  for (const path of [file, partialOf(file), staging, noteOf(file)])
    await work.willUndo(removal.of({ path }))
  const parts = [{ inFolder: path.dirname(place.folder), name: place.uri }]
  let dumpBytes: number | null = null
  if (hasCode(place)) {
    await ensureFolder(staging)
    dumpBytes = await dump(place, path.join(staging, DUMP), work.signal)
    parts.unshift({ inFolder: staging, name: DUMP })
  }
  const fileBytes = await findDiskUse(place.folder, work.signal)
  const manifest = renderManifest(session, place, { dumpBytes, fileBytes })
  const { sizeBytes } = await packArchive(file, parts, {
    first: { name: `./${MANIFEST}`, text: manifest },
    last: { name: `./${CHECKSUMS}`, render: renderChecksums },
    onWarning: (warning) => session.log('warning', warning),
    signal: work.signal,
  })
  await remove(staging)
  const note = toNote(session.parts.options)
  if (note !== '') await writeAtomically(noteOf(file), `${note}\n`)
  return sizeBytes
}

function renderManifest(
  session: Session,
  { site, uri, application }: SitePlace,
  sizes: { dumpBytes: number | null; fileBytes: number },
): string {
  const manifest = {
    format: MANIFEST_FORMAT,
    kind: MANIFEST_KIND,
    uri,
    folder: uri,
    application,
    context: site,
    createdAt: new Date(session.parts.now()).toISOString(),
    description: toNote(session.parts.options),
    program: VERSION,
    ...sizes,
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}

/** `www.example.com-20260102T030405Z.tar.gz`, numbered where that one is there. */
async function freeName(folder: string, uri: string, now: number): Promise<string> {
  // The longest host names leave no room in a file's name for the rest.
  const stem = path.join(folder, `${uri.slice(0, 200)}-${toStamp(now)}`)
  for (let number = 1; ; number++) {
    const file = `${stem}${number === 1 ? '' : `_${number}`}.tar.gz`
    if ((await kindOf(file)) === 'absent') return file
  }
}

export const toStamp = (now: number): string =>
  new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
