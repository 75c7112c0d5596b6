import path from 'node:path'
import { findText, kindOf, remove, rename, writeAtomically } from '../system/files.ts'
import type { Step } from './step.ts'

/** Writes a file; taken back, the old text (or its absence) is there again. */
export async function replaceText(
  file: string,
  text: string | undefined,
  mode?: number,
): Promise<() => Promise<void>> {
  const old = await findText(file)
  const put = (content: string | undefined): Promise<void> =>
    content === undefined ? remove(file) : writeAtomically(file, content, mode)
  if (old !== text) await put(text)
  return () => put(old)
}

/** Moves a file or folder aside, and removes it at the end. What is missing is fine. */
export function removeStep(title: string, target: string): Step {
  const aside = path.join(path.dirname(target), `.${path.basename(target)}.removed`)
  return {
    title,
    async run() {
      await remove(aside)
      if ((await kindOf(target)) === 'absent') return undefined
      await rename(target, aside)
      return () => rename(aside, target)
    },
    discard: () => remove(aside),
  }
}
