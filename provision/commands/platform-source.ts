import path from 'node:path'
import { type Context, findText, withOptions } from '../context/context.ts'
import { fetchSource } from '../sources/fetch-source.ts'
import type { Fetched } from '../sources/git.ts'
import { nameSource, parseSource, type Source } from '../sources/source.ts'
import { writeContext, writeContextStep } from '../steps/contexts.ts'
import { hiddenBeside, moveTo, removal } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { ensureFolder, kindOf } from '../system/files.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { recogniseApplication } from './application.ts'
import type { Session } from './session.ts'

/** Where a platform's code is to come from; undefined where it lies in its folder already. */
export const findSource = (platform: Context): Source | undefined =>
  parseSource({
    type: findText(platform, 'source_type'),
    url: findText(platform, 'source_url'),
    ref: findText(platform, 'source_ref'),
    checksum: findText(platform, 'source_checksum'),
    mayRunScripts: platform.options['composer_scripts'] === true,
  })

/** What a platform's code was fetched from, and what exactly came: kept in its context. */
interface Origin {
  source: string
  root: string
  revision: string | null
}

function findOrigin({ options }: Context): Origin | undefined {
  const [source, root, revision] = ['fetched_source', 'fetched_root', 'fetched_revision'].map(
    (key) => options[key],
  )
  return typeof source === 'string' && typeof root === 'string'
    ? { source, root, revision: typeof revision === 'string' ? revision : null }
    : undefined
}

/** Where a platform's folder was filled by us: then it goes with the platform. */
export const isFetched = (platform: Context, root: string): boolean =>
  findOrigin(platform)?.root === root

/** What is known of the code that was fetched. */
export const revisionOf = (platform: Context): string | null =>
  findOrigin(platform)?.revision ?? null

/**
 * Fetches a platform's code where it was not fetched before, and returns its context with what came. Code that is there
 * stays as it is, since sites run on it: other code is another platform, to which they migrate.
 */
export async function fetchCode(
  session: Session,
  platform: Context,
  root: string,
): Promise<Context> {
  const source = findSource(platform)
  if (source === undefined) return platform
  const origin = findOrigin(platform)
  const isThere = (await kindOf(root)) !== 'absent'
  if (isThere && origin?.root === root) {
    if (origin.source !== nameSource(source))
      session.log(
        'warning',
        `The code came from ${origin.source} and stays: make a platform of the other code, and migrate its sites there.`,
      )
    return platform
  }
  if (isThere)
    throw new ProvisionError(
      'PROVISION_FOLDER_TAKEN',
      `${root} is there already, and its code came from somewhere else: choose another folder, or “folder” as the source.`,
    )
  const facts = { fetched_source: nameSource(source), fetched_root: root }
  let fetched = platform
  const note = (revision: string | null): void =>
    void (fetched = withOptions(platform, { ...facts, fetched_revision: revision }))
  await session.run([
    fetchStep(session, source, root, note),
    {
      ...writeContextStep(session.store, withOptions(platform, facts)),
      run: (work) => writeContext(work, session.store, fetched),
    },
  ])
  return fetched
}

function fetchStep(
  session: Session,
  source: Source,
  root: string,
  note: (revision: string | null) => void,
): Step {
  return {
    kind: 'fetch-code',
    title: `Fetch the code: ${nameSource(source)}`,
    async run(work) {
      const half = hiddenBeside(root, 'new')
      for (const folder of await missingAbove(root)) {
        await work.willUndo(removal.of({ path: folder }))
        await ensureFolder(folder, 0o755)
      }
      // What a cut leaves beside it has names that begin so.
      for (const ending of ['', '.archive', '.unpacked'])
        await work.willUndo(removal.of({ path: `${half}${ending}` }))
      const fetched = await fetchSource(source, {
        folder: half,
        place: root,
        composerHome: path.join(path.dirname(session.folders.contexts), 'composer'),
        signal: work.signal,
      })
      await moveTo(work, half, root)
      tell(session, source, fetched)
      note(fetched.revision)
    },
    async preview() {
      const above = await missingAbove(root)
      const folders = above.map((target) => ({ kind: 'folder', action: 'create', target }) as const)
      const detail = `${nameSource(source)}${describeScripts(source)}`
      return [...folders, { kind: 'folder', action: 'create', target: root, detail }]
    },
  }
}

const describeScripts = (source: Source): string =>
  source.type === 'composer'
    ? `, its scripts ${source.mayRunScripts ? 'run as this account' : 'are not run'}`
    : ''

/** The folders on the way to it that are not there, the topmost first. */
async function missingAbove(root: string): Promise<string[]> {
  const missing: string[] = []
  let folder = path.dirname(root)
  while ((await kindOf(folder)) === 'absent') {
    missing.unshift(folder)
    folder = path.dirname(folder)
  }
  return missing
}

function tell(session: Session, source: Source, { revision, warnings }: Fetched): void {
  for (const warning of warnings) session.log('warning', warning)
  session.log('info', `Fetched ${nameSource(source)}${revision === null ? '' : ` (${revision})`}.`)
}

/** Where projects keep what is served, below the folder that holds them. */
const SERVED = ['web', 'docroot', 'public', 'html', 'htdocs']

/**
 * The folder below a project in which its application lies: '' where it lies in the project's own. Plain files are looked
 * for in code that we fetched only: in a folder of somebody's own they are where they were put.
 */
export async function findServedFolder(platform: Context, project: string): Promise<string> {
  const looksFor = findSource(platform) === undefined ? ['code'] : ['code', 'files']
  for (const kind of looksFor)
    for (const folder of ['', ...SERVED])
      if (await carries(path.join(project, folder), kind)) return folder
  return ''
}

async function carries(folder: string, kind: string): Promise<boolean> {
  if ((await kindOf(folder)) !== 'folder') return false
  if (kind === 'files') return (await kindOf(path.join(folder, 'index.html'))) === 'file'
  const { application } = await recogniseApplication(folder)
  return application.kind === kind
}
