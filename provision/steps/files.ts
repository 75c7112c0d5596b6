import path from 'node:path'
import {
  ensureFolder,
  findMode,
  findText,
  kindOf,
  remove,
  removeEmpty,
  rename,
  setMode,
  writeAtomically,
} from '../system/files.ts'
import { removeHalfWritten } from '../system/leftovers.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { uniqueName } from '../system/unique.ts'
import { planText } from './preview.ts'
import type { Step, Work } from './step.ts'
import { undoKind } from './undo.ts'

/** A text file as it was; `text` is null where there was none. */
export type OldText = { file: string; text: string | null; mode: number }

/** Taken back: a file has its old text and rights again, or is not there. */
export const oldText = undoKind('old-text', async ({ file, text, mode }: OldText) => {
  await removeHalfWritten(path.dirname(file))
  if (text === null) return remove(file)
  if ((await findText(file)) !== text) await writeAtomically(file, text, mode)
  await setMode(file, mode)
})

/** Taken back: what was moved is where it was. Who moves looked that nothing is at `to`. */
export const moved = undoKind('moved', async ({ from, to }: { from: string; to: string }) => {
  const isMoved = (await kindOf(from)) === 'absent' && (await kindOf(to)) !== 'absent'
  if (isMoved) await rename(to, from)
})

/** Taken back, what was made is gone; discarded, what was put aside. Who makes looked that nothing is there. */
export const removal = undoKind('removal', ({ path: target }: { path: string }) => remove(target))

/** Taken back, folders that were made are gone, the innermost first, unless somebody else has put something there. */
const madeFolders = undoKind('made-folders', async ({ folders }: { folders: string[] }) => {
  for (const folder of folders) await removeEmpty(folder)
})

export const fileKinds = [oldText, moved, removal, madeFolders]

/** Makes a folder with those above it where they are missing. */
export async function makeFolder(work: Work, folder: string, mode?: number): Promise<void> {
  const folders: string[] = []
  for (let one = folder; (await kindOf(one)) === 'absent'; one = path.dirname(one))
    folders.push(one)
  if (folders.length === 0) return
  await work.willUndo(madeFolders.of({ folders }))
  await ensureFolder(folder, mode)
}

/** What `oldText` needs to put a file back as it is now. */
export async function rememberText(file: string, mode = 0o600): Promise<OldText> {
  const text = (await findText(file)) ?? null
  return { file, text, mode: (await findMode(file)) ?? mode }
}

/** Writes a text file, or removes it where there is no text; taken back, it is as it was. */
export async function replaceText(
  work: Work,
  file: string,
  text: string | undefined,
  mode?: number,
): Promise<void> {
  const old = await rememberText(file)
  if (old.text === (text ?? null)) return
  await makeFolder(work, path.dirname(file))
  await work.willUndo(oldText.of(old))
  await putText(file, text, mode)
}

export const writeFileStep = (file: string, text: string, mode: number): Step => ({
  kind: 'write-file',
  title: `Write ${file}`,
  run: (work) => replaceText(work, file, text, mode),
  preview: () => planText(file, text),
})

export const putText = (file: string, text: string | undefined, mode?: number): Promise<void> =>
  text === undefined ? remove(file) : writeAtomically(file, text, mode)

/** Moves a file or folder aside, to be removed at the end. What is missing is fine. */
export function removeStep(title: string, target: string): Step {
  return {
    kind: 'remove-files',
    title,
    run: (work) => putAside(work, target),
    async preview() {
      const kind = await kindOf(target)
      if (kind === 'absent') return []
      return [{ kind: kind === 'folder' ? 'folder' : 'file', action: 'remove', target }]
    },
  }
}

/** Moves a file or folder, where there is one, to a hidden name beside it, to be removed at the end. */
export async function putAside(work: Work, target: string): Promise<void> {
  if ((await kindOf(target)) === 'absent') return
  const aside = hiddenBeside(target, 'removed')
  await moveTo(work, target, aside)
  await work.willDiscard(removal.of({ path: aside }))
}

/** Moves a file or folder to where nothing is. Throws PROVISION_FOLDER_TAKEN. */
export async function moveTo(work: Work, from: string, to: string): Promise<void> {
  if ((await kindOf(to)) !== 'absent')
    throw new ProvisionError('PROVISION_SITE_FOLDER_TAKEN', `${to} is there already.`)
  await work.willUndo(moved.of({ from, to }))
  await rename(from, to)
}

/**
 * A hidden name beside a file or folder that nobody else uses, for what is on its way to it or from it. Beside it, since
 * a move then stays on one disk.
 */
export const hiddenBeside = (target: string, what: string): string =>
  // The longest host names leave no room for the rest.
  path.join(path.dirname(target), `.${path.basename(target).slice(0, 200)}.${what}-${uniqueName()}`)
