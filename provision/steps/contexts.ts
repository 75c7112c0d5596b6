import type { PlannedChange } from '#shared/protocol/planned-change.ts'
import type { Context } from '../context/context.ts'
import { type ContextStore, renderContext } from '../context/store.ts'
import { replaceText } from './files.ts'
import { planChange } from './preview.ts'
import type { Step, Work } from './step.ts'

/** Writes a context anew; taken back, the old one is there again. */
export const writeContextStep = (store: ContextStore, context: Context): Step => ({
  kind: 'write-context',
  title: `Save @${context.name}`,
  run: (work) => writeContext(work, store, context),
  preview: () => planContext(store, context.name, context),
})

/** The same within a step. Two flushes to disk and a note, unless the file says just this already. */
export const writeContext = (work: Work, store: ContextStore, context: Context): Promise<void> =>
  replaceText(work, store.fileOf(context.name), renderContext(context))

export const removeContextStep = (store: ContextStore, name: string): Step => ({
  kind: 'remove-context',
  title: `Forget @${name}`,
  run: (work) => replaceText(work, store.fileOf(name), undefined),
  preview: () => planContext(store, name, undefined),
})

/** What would change of a context; without `after` it goes. */
export async function planContext(
  store: ContextStore,
  name: string,
  after: Context | undefined,
): Promise<PlannedChange[]> {
  const toText = (context: Context | undefined): string | undefined =>
    context === undefined ? undefined : renderContext(context)
  return planChange('context', `@${name}`, {
    before: toText(await store.find(name)),
    after: toText(after),
  })
}
