import { removeStep } from '../steps/files.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { kindOf } from '../system/files.ts'
import { noteOf } from './backup-note.ts'
import { findBackupFile } from './backup-file.ts'
import type { CommandResult, Session } from './session.ts'

/** Removes archives; a missing one is a warning, a path that is no backup's refuses them all. */
export async function deleteBackups(
  session: Session,
  args: readonly string[],
): Promise<CommandResult> {
  if (args.length === 0)
    throw new ProvisionError('PROVISION_USAGE', 'backup-delete takes FILE… after the context.')
  const deleted: string[] = []
  const hasNote = new Map<string, boolean>()
  for (const named of args) {
    const { file, isThere } = await findBackupFile(session, named)
    if (!isThere) session.log('warning', `This backup was gone already: ${file}`)
    else if (!deleted.includes(file)) deleted.push(file)
    hasNote.set(file, (await kindOf(noteOf(file))) === 'file')
  }
  await session.run(
    deleted.flatMap((file) => [
      removeStep(`Remove ${file}`, file),
      ...(hasNote.get(file) === true ? [removeStep(`Remove ${noteOf(file)}`, noteOf(file))] : []),
    ]),
  )
  return { data: { deleted }, contexts: [], removedContexts: [] }
}
