import path from 'node:path'
import { isRecord } from '#shared/protocol/wire.ts'
import { findText, namesIn, remove, writeAtomically } from '../system/files.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { type Context, FORMAT } from './context.ts'
import { checkValue, type ContextType, isContextName, isContextType } from './keys.ts'

/** The contexts of this account: one file each, 0600, written whole. Who writes holds the context's lock. */
export class ContextStore {
  readonly #folder: string
  readonly #laid = new Map<string, Context>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Throws PROVISION_CONTEXT_NEWER for the file of a newer release, PROVISION_CONTEXT_DAMAGED for any other. */
  async find(name: string): Promise<Context | undefined> {
    const laid = this.#laid.get(name)
    if (laid !== undefined) return laid
    const text = await findText(this.fileOf(name))
    return text === undefined ? undefined : parseContext(name, text)
  }

  /** Throws PROVISION_MISSING_CONTEXT, also where it is of another type. */
  async get(name: string, type: ContextType): Promise<Context> {
    const context = await this.find(name)
    if (context?.type === type) return context
    throw new ProvisionError(
      'PROVISION_MISSING_CONTEXT',
      context === undefined
        ? `There is no context @${name} on this server: save it first.`
        : `@${name} is a ${context.type}, not a ${type}.`,
    )
  }

  /** Lets a context be seen as if it were written, in memory: for a command that changes nothing. */
  lay(context: Context): void {
    this.#laid.set(context.name, context)
  }

  /** Two flushes to disk, unless the file says just this already. */
  async write(context: Context): Promise<void> {
    const file = this.fileOf(context.name)
    const text = renderContext(context)
    if ((await findText(file)) !== text) await writeAtomically(file, text)
  }

  async remove(name: string): Promise<void> {
    await remove(this.fileOf(name))
  }

  /** All contexts of a type, by name. Throws where one does not read, unless `onUnreadable` takes it. */
  async list(type: ContextType, onUnreadable?: (error: unknown) => void): Promise<Context[]> {
    const files = (await namesIn(this.#folder)).filter((file) => file.endsWith('.json'))
    const written = files.map((file) => file.slice(0, -'.json'.length)).filter(isContextName)
    const names = new Set([...written, ...this.#laid.keys()])
    const contexts = await Promise.all(
      [...names].map((name) =>
        this.find(name).catch((error: unknown) => {
          if (onUnreadable === undefined) throw error
          onUnreadable(error)
        }),
      ),
    )
    return contexts.flatMap((context) => (context?.type === type ? [context] : []))
  }

  /** Where a context lies, or would. */
  fileOf(name: string): string {
    if (!isContextName(name)) throw new Error(`No name of a context: ${name}`)
    return path.join(this.#folder, `${name}.json`)
  }
}

export const renderContext = (context: Context): string => `${JSON.stringify(context, null, 2)}\n`

function parseContext(name: string, text: string): Context {
  const value = parseJson(text)
  const { format, type, options } = isRecord(value) ? value : {}
  if (typeof format === 'number' && format > FORMAT)
    throw new ProvisionError(
      'PROVISION_CONTEXT_NEWER',
      `@${name} was written by a newer release (format ${format}): use that one.`,
    )
  if (format !== FORMAT || !isContextType(type) || !isRecord(options))
    throw new ProvisionError('PROVISION_CONTEXT_DAMAGED', `The file of @${name} does not read.`)
  // What was checked when it was saved may have been changed by hand since.
  for (const [key, value] of Object.entries(options)) {
    const checked = checkValue(type, key, value)
    if (checked !== undefined && 'problem' in checked)
      throw new ProvisionError(
        'PROVISION_CONTEXT_DAMAGED',
        `In the file of @${name}, “${key}” ${checked.problem}.`,
      )
  }
  return { format, name, type, options }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
