import path from 'node:path'
import { setMode } from '../system/files.ts'
import { findUnreadable } from '../system/trees.ts'
import type { Step } from './step.ts'
import { undoKind } from './undo.ts'

/** Taken back: files and folders, by their names below a root, have their old rights. What is gone by now is left out. */
export const oldModes = undoKind(
  'old-modes',
  async ({ root, modes }: { root: string; modes: Record<string, number> }) => {
    for (const [name, mode] of Object.entries(modes))
      await setMode(path.join(root, name), mode).catch(() => undefined)
  },
)

export const modeKinds = [oldModes]

const detailOf = (count: number): string =>
  `all accounts may read ${count === 1 ? 'one file or folder' : `${count} files and folders`} more`

/** Lets every account read a tree of ours, such as code that many sites share; nothing secret belongs into it. */
export const openTreeStep = (root: string): Step => ({
  kind: 'open-tree',
  title: `Let the slots read ${root}`,
  async run(work) {
    const modes = await findUnreadable(root, work.signal)
    if (Object.keys(modes).length === 0) return
    await work.willUndo(oldModes.of({ root, modes }))
    for (const [name, mode] of Object.entries(modes))
      await setMode(path.join(root, name), mode | ((mode & 0o100) !== 0 ? 0o055 : 0o044))
  },
  async preview(signal) {
    const count = Object.keys(await findUnreadable(root, signal)).length
    if (count === 0) return []
    return [{ kind: 'folder', action: 'change', target: root, detail: detailOf(count) }]
  },
})
