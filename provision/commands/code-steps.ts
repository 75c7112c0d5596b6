import path from 'node:path'
import type { Json } from '#shared/domain/json.ts'
import type { CodeSite } from '../applications/application.ts'
import searchReplace from '../applications/php/search-replace.php?raw'
import { siteRemoved, willRemove } from '../services/slots/steps.ts'
import { hiddenBeside, moveTo, removeStep, replaceText } from '../steps/files.ts'
import { linkStep } from '../steps/links.ts'
import type { Step, Work } from '../steps/step.ts'
import { ensureFolder, findText, kindOf, writeAtomically } from '../system/files.ts'
import { sealTree } from '../system/trees.ts'
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
    preview: () =>
      Promise.resolve([
        { kind: 'folder', action: 'create', target: place.folder, detail: `on ${place.root}` },
      ]),
  }
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
    async preview() {
      const changed = await Promise.all(
        files().map(async ({ file, text }) => ((await findText(file)) === text ? [] : [file])),
      )
      return changed.flat().map((target) => ({ kind: 'file', action: 'change', target }))
    },
  }
}

/** The link in the platform by which shared code finds this site; none where it needs none. */
export function linkSteps(session: Session, place: CodePlace): Step[] {
  const link = getCodeApplication(place.application).platformLink?.(toCodeSite(session, place))
  return link === undefined ? [] : [linkStep(link, place.folder)]
}

/** Takes that link away. */
export function unlinkSteps(session: Session, place: CodePlace): Step[] {
  const link = getCodeApplication(place.application).platformLink?.(toCodeSite(session, place))
  return link === undefined ? [] : [removeStep(`Remove the link ${link}`, link)]
}

/** Opens to us what the site's code closed. */
export const normaliseStep = ({ ground, folder }: CodePlace): Step => ({
  kind: 'normalise',
  title: 'Open the files that the site made',
  run: ({ signal }) => ground.door.normalise(folder, signal),
  preview: () => Promise.resolve([]),
})

/** Something that runs code of the site, in its slot. What it changes there is taken back with its database and its files. */
export const siteCodeStep = (
  place: CodePlace,
  { kind, title }: { kind: string; title: string },
  run: (site: CodeSite, signal: AbortSignal) => Promise<void>,
  session: Session,
): Step => ({
  kind,
  title,
  run: ({ signal }) => run(toCodeSite(session, place), signal),
  preview: () =>
    Promise.resolve([
      {
        kind: 'other',
        action: 'run',
        target: place.uri,
        detail: `${title}, in ${place.ground.slot.name}`,
      },
    ]),
})

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
  preview: () => Promise.resolve([{ kind: 'folder', action: 'remove', target: place.folder }]),
})

/** Makes the texts of a site's database lead to its address instead of another one. None of its code runs. */
export const replaceAddressStep = (session: Session, place: CodePlace, from: string): Step =>
  siteCodeStep(
    place,
    {
      kind: 'replace-addresses',
      title: `Change ${from} to ${urlOf(place)} in its content`,
    },
    (_site, signal) => replaceAddress(session, place, from, signal),
    session,
  )

export async function replaceAddress(
  session: Session,
  place: CodePlace,
  from: string,
  signal: AbortSignal,
): Promise<void> {
  const { door, database } = place.ground
  const replacements = [{ from: addressOf(from), to: addressOf(urlOf(place)) }]
  const application = getCodeApplication(place.application)
  const moved = application.movedTexts?.(new URL(from).hostname, place.uri) ?? []
  const texts = moved.map((pair) => [...pair])
  const keep = [...application.keptColumns]
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
