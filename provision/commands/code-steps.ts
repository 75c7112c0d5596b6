import path from 'node:path'
import type { Json } from '#shared/domain/json.ts'
import type { PlannedChange } from '#shared/protocol/planned-change.ts'
import type { CodeApplication, CodeSite, SiteFile, SlotWork } from '../applications/application.ts'
import searchReplace from '../applications/php/search-replace.php?raw'
import { siteRemoved, willRemove } from '../services/slots/steps.ts'
import { hiddenBeside, moveTo, removeStep, replaceText } from '../steps/files.ts'
import { linkStep } from '../steps/links.ts'
import { planText } from '../steps/preview.ts'
import type { Step, Work } from '../steps/step.ts'
import { ensureFolder, kindOf, writeAtomically } from '../system/files.ts'
import { asCode } from '../system/provision-error.ts'
import { countClosed, sealTree } from '../system/trees.ts'
import { getCodeApplication } from './application.ts'
import { toCodeSite } from './code-site.ts'
import type { Session } from './session.ts'
import { type CodePlace, urlOf } from './site-place.ts'

/** The files of a new site. Nobody sees them in its place before they are whole. */
export function makeSiteStep(session: Session, place: CodePlace): Step {
  const application = getCodeApplication(place.application)
  const site = toCodeSite(session, place)
  const warn = (message: string): void => session.log('warning', message)
  return {
    kind: 'make-site',
    title: 'Make the files of the site',
    async run(work) {
      const half = hiddenBeside(place.folder, 'new')
      await willRemove(work, place.ground.slot, half)
      await ensureFolder(half, 0o750)
      await application.layOut(site, half, { signal: work.signal, warn })
      await writeSettings(session, place, half, { isNew: true })
      await moveTo(work, half, place.folder)
    },
    preview: async () => [
      { kind: 'folder', action: 'create', target: place.folder, detail: `on ${place.root}` },
      ...(await planSettings(session, place, { isNew: true })),
    ],
  }
}

/** What `writeSettings` would write, beside what stands in the site's place now. Of secrets only that there are some. */
export async function planSettings(
  session: Session,
  place: CodePlace,
  { isNew }: { isNew: boolean },
): Promise<PlannedChange[]> {
  const application = getCodeApplication(place.application)
  const site = toCodeSite(session, place)
  const plan = ({ name, text }: SiteFile, isSecret: boolean): Promise<PlannedChange[]> =>
    planText(path.join(place.folder, name), text, { isSecret })
  const secrets = isNew ? await application.secrets(site) : []
  const changes = await Promise.all([
    ...application.settings(site).map((file) => plan(file, false)),
    ...secrets.map((file) => plan(file, true)),
  ])
  return changes.flat()
}

/**
 * Writes the settings of a site into a folder that is on its way to its place, and gives everything in there the tightest
 * rights that work: its code reads all of it, and writes only where it must.
 */
export async function writeSettings(
  session: Session,
  place: CodePlace,
  folder: string,
  { isNew }: { isNew: boolean },
): Promise<void> {
  const application = getCodeApplication(place.application)
  const site = toCodeSite(session, place)
  const files = [...application.settings(site), ...(isNew ? await application.secrets(site) : [])]
  for (const { name, text } of files) await writeAtomically(path.join(folder, name), text, 0o640)
  await sealTree(folder, application.writable)
}

/** Settings as they are to be when the step runs: one before it may have changed the site's address. */
export function settingsStep(session: Session, place: CodePlace): Step {
  const files = (): { file: string; text: string }[] =>
    getCodeApplication(place.application)
      .settings(toCodeSite(session, place))
      .map(({ name, text }) => ({ file: path.join(place.folder, name), text }))
  return {
    kind: 'write-settings',
    title: 'Write the settings of the site',
    async run(work) {
      for (const { file, text } of files()) await replaceText(work, file, text, 0o640)
    },
    preview: () => planSettings(session, place, { isNew: false }),
  }
}

const linkOf = (session: Session, place: CodePlace): string | undefined =>
  getCodeApplication(place.application).platformLink?.(toCodeSite(session, place))

/** The link in the platform by which shared code finds this site; none where it needs none. */
export function linkSteps(session: Session, place: CodePlace): Step[] {
  const link = linkOf(session, place)
  return link === undefined ? [] : [linkStep(link, place.folder)]
}

/** Takes that link away, unless it stays for what comes `instead`. */
export function unlinkSteps(session: Session, place: CodePlace, instead?: CodePlace): Step[] {
  const link = linkOf(session, place)
  const stays = instead !== undefined && linkOf(session, instead) === link
  return link === undefined || stays ? [] : [removeStep(`Remove the link ${link}`, link)]
}

/** Opens to us what the site's code closed. */
export const normaliseStep = ({ ground, folder }: CodePlace): Step => ({
  kind: 'normalise',
  title: 'Open the files that the site made',
  run: ({ signal }) => ground.door.normalise(folder, signal),
  async preview(signal) {
    const count = await countClosed(folder, signal)
    if (count === 0) return []
    const detail = `its code closed ${count === 1 ? 'one' : count} of its files and folders: opened`
    return [{ kind: 'folder', action: 'change', target: folder, detail }]
  },
})

/** Something that runs code of the site, in its slot. What it changes there is taken back with its database and its files. */
export const siteCodeStep = (
  place: CodePlace,
  { kind, title, works }: { kind: string; title: string; works: readonly SlotWork[] },
  run: (site: CodeSite, signal: AbortSignal) => Promise<void>,
  session: Session,
): Step => ({
  kind,
  title,
  run: ({ signal }) => run(toCodeSite(session, place), signal),
  preview: () => planScripts(place, works, title),
})

/** Lets a site's code bring its database up to it. Throws PROVISION_SCHEMA_UPGRADE_FAILURE. */
export const bringUp = (
  application: CodeApplication,
  site: CodeSite,
  signal: AbortSignal,
): Promise<void> =>
  asCode('PROVISION_SCHEMA_UPGRADE_FAILURE', ['PROVISION_SITE_CODE_FAILED'], () =>
    application.update(site, signal),
  )

/** The scripts that do some work in a site's slot, of which its application need not have all. */
export async function planScripts(
  { application, root, ground }: CodePlace,
  works: readonly SlotWork[],
  why: string,
): Promise<PlannedChange[]> {
  const used = getCodeApplication(application)
  const scripts = await Promise.all(works.map((work) => used.scriptFor(work, root)))
  const detail = `${why}, in ${ground.slot.name}`
  return scripts.flatMap((target) =>
    target === undefined ? [] : [{ kind: 'script', action: 'run', target, detail }],
  )
}

/** Puts the folder of a site aside, to be removed at the end. */
export async function putSiteAside(work: Work, { folder, ground }: CodePlace): Promise<void> {
  if ((await kindOf(folder)) === 'absent') return
  const aside = hiddenBeside(folder, 'removed')
  await moveTo(work, folder, aside)
  await work.willDiscard(siteRemoved.of({ slot: ground.slot.name, path: aside }))
}

export const removeSiteStep = (place: CodePlace): Step => ({
  kind: 'remove-site',
  title: 'Remove the files of the site',
  run: (work) => putSiteAside(work, place),
  preview: async () =>
    (await kindOf(place.folder)) === 'absent'
      ? []
      : [{ kind: 'folder', action: 'remove', target: place.folder }],
})

/** Makes the texts of a site's database lead to its address instead of another one. None of its code runs. */
export const replaceAddressStep = (session: Session, place: CodePlace, from: string): Step => ({
  kind: 'replace-addresses',
  title: `Change ${from} to ${urlOf(place)} in its content`,
  run: ({ signal }) => replaceAddress(session, place, from, signal),
  preview: () =>
    Promise.resolve([
      planReplacement(place, from, urlOf(place)),
      ...movedTexts(place, from).map(([old, fresh]) => planReplacement(place, old, fresh)),
    ]),
})

export const planReplacement = (
  { ground }: CodePlace,
  from: string,
  to: string,
): PlannedChange => ({
  kind: 'database',
  action: 'change',
  target: ground.database.name,
  detail: `${from} becomes ${to} in its texts`,
})

/** What changes in its texts beside its address. */
const movedTexts = (
  { application, uri }: CodePlace,
  from: string,
): readonly (readonly [string, string])[] =>
  getCodeApplication(application).movedTexts?.(new URL(from).hostname, uri) ?? []

export async function replaceAddress(
  session: Session,
  place: CodePlace,
  from: string,
  signal: AbortSignal,
): Promise<void> {
  const { door, database } = place.ground
  const replacements = [{ from: addressOf(from), to: addressOf(urlOf(place)) }]
  const texts = movedTexts(place, from).map((pair) => [...pair])
  const keep = [...getCodeApplication(place.application).keptColumns]
  const input = { database: { ...database }, replacements, texts, keep }
  const changed = changedIn(await door.evaluate(searchReplace, input, signal))
  session.log('info', `${changed} rows of ${database.name} led to ${from}.`)
}

function addressOf(url: string): { scheme: string; host: string; port: number | null } {
  const { protocol, hostname, port } = new URL(url)
  const scheme = protocol.slice(0, -1)
  return { scheme, host: hostname, port: port === '' ? null : Number(port) }
}

const changedIn = (answer: Json): number => {
  const changed =
    typeof answer === 'object' && answer !== null && 'changed' in answer ? answer['changed'] : 0
  return typeof changed === 'number' ? changed : 0
}
