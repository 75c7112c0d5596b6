import type { JsonRecord } from '#shared/domain/json.ts'
import { type Context, mergeOptions, referencesOf } from '../context/context.ts'
import { planContext } from '../steps/contexts.ts'
import { toProvisionError } from '../system/provision-error.ts'
import type { CommandResult, Session } from './session.ts'

/** `provision-save`: merges lasting facts into a context, or forgets it. */
export async function save(
  session: Session,
  name: string,
  contextOptions: JsonRecord,
): Promise<CommandResult> {
  await session.hold(name)
  if (contextOptions['delete'] === true) return forget(session, name)
  const context = mergeOptions(name, await session.store.find(name), contextOptions)
  await checkReferences(session, context)
  if (session.parts.isPreview) await preview(session, context)
  else await session.store.write(context)
  return { data: {}, contexts: [context], removedContexts: [] }
}

/** What comes after it sees the context as if it were saved. */
async function preview({ planned, store }: Session, context: Context): Promise<void> {
  planned.push(...(await planContext(store, context.name, context)))
  store.lay(context)
}

/** To forget what is not there, or does not read, is no error; what a newer release wrote is not ours to remove. */
async function forget(session: Session, name: string): Promise<CommandResult> {
  await session.store.find(name).catch((error: unknown) => {
    if (toProvisionError(error).code === 'PROVISION_CONTEXT_NEWER') throw error
  })
  if (session.parts.isPreview)
    session.planned.push({ kind: 'context', action: 'remove', target: `@${name}` })
  else await session.store.remove(name)
  return { data: {}, contexts: [], removedContexts: [name] }
}

/** Held, so that what is named cannot be deleted before we have written that we need it. */
async function checkReferences(session: Session, context: Context): Promise<void> {
  const references = referencesOf(context)
  for (const name of [...new Set(references.map((reference) => reference.name))].sort())
    if (name !== context.name) await session.hold(name)
  for (const { name, type } of references) await session.store.get(name, type)
}
