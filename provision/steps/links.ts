import { findLink, makeLink, remove } from '../system/files.ts'
import type { Step } from './step.ts'
import { undoKind } from './undo.ts'

/** Taken back: a link is as it was; `target` is null where there was none. */
export const oldLink = undoKind(
  'old-link',
  async ({ link, target }: { link: string; target: string | null }) => {
    if ((await findLink(link)) === (target ?? undefined)) return
    await remove(link)
    if (target !== null) await makeLink(target, link)
  },
)

export const linkKinds = [oldLink]

/** A link that leads to a folder, in the place of one that leads elsewhere. Throws where there is something else. */
export const linkStep = (link: string, target: string): Step => ({
  kind: 'link',
  title: `Link ${link}`,
  async run(work) {
    const old = await findLink(link)
    if (old === target) return
    await work.willUndo(oldLink.of({ link, target: old ?? null }))
    if (old !== undefined) await remove(link)
    await makeLink(target, link)
  },
  async preview() {
    const old = await findLink(link)
    if (old === target) return []
    const action = old === undefined ? 'create' : 'change'
    return [{ kind: 'file', action, target: link, detail: `a link to ${target}` }]
  },
})
