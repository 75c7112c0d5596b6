import path from 'node:path'
import type { JsonRecord } from '#shared/domain/json.ts'
import { isContextName } from '../context/keys.ts'
import { namesIn, sizeOf } from '../system/files.ts'
import { toProvisionError } from '../system/provision-error.ts'
import { writeLine } from '../system/streams.ts'
import { findNote } from './backup-note.ts'
import { parseArchiveName } from './archive-name.ts'
import type { CommandResult, Session } from './session.ts'

/**
 * `provision list`: everything that this account keeps, one JSON object a line (shared/protocol/listing.ts), however much
 * that is. A context that does not read is listed with its reason. The result says how many lines there were.
 */
export async function list(session: Session): Promise<CommandResult> {
  let lines = 0
  const say = (item: JsonRecord): void => {
    writeLine(`${JSON.stringify(item)}\n`)
    lines += 1
  }
  await listContexts(session, say)
  await listBackups(session, say)
  return { data: { lines }, contexts: [], removedContexts: [] }
}

async function listContexts(
  { folders, store }: Session,
  say: (item: JsonRecord) => void,
): Promise<void> {
  const files = (await namesIn(folders.contexts)).filter((file) => file.endsWith('.json'))
  for (const file of files) {
    const name = file.slice(0, -'.json'.length)
    if (!isContextName(name)) continue
    try {
      const context = await store.find(name)
      if (context !== undefined) say({ item: 'context', context: { ...context } })
    } catch (error) {
      const { code, message } = toProvisionError(error)
      say({ item: 'unreadable', name, code, message })
    }
  }
}

async function listBackups({ folders }: Session, say: (item: JsonRecord) => void): Promise<void> {
  for (const name of await namesIn(folders.backups)) {
    const archive = parseArchiveName(name)
    if (archive === undefined) continue
    const file = path.join(folders.backups, name)
    const description = await findNote(file)
    say({ item: 'backup', file, ...archive, sizeBytes: await sizeOf(file), description })
  }
}
