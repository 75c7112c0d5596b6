import path from 'node:path'
import { isRecord, renderRequest } from '#shared/protocol/wire.ts'
import { findBoot } from '../system/boot.ts'
import { ensureFolder, readTail, remove, rename, sizeOf, writeAtomically } from '../system/files.ts'
import { findStart } from '../system/process-table.ts'
import { newRunId } from '../system/run-id.ts'
import { ownProgram, runOurselves } from '../system/self.ts'
import { uniqueName } from '../system/unique.ts'
import type { WorkItem } from './dispatch-work.ts'
import type { Session } from './session.ts'

/**
 * Runs one command of this program in a run folder of the very form that the frontend's own runs have, so that it reads
 * it back as one of them; this process is the run's supervisor. `task.json` tells whose it is. The rename of the whole
 * folder is the claim, the status is written last. A run that the command puts off (too busy) leaves nothing: then
 * undefined is returned.
 */
export async function runServerTask(
  session: Session,
  item: WorkItem & { queue: string },
): Promise<string | undefined> {
  const { runs, unfinished } = session.folders
  const startedAt = session.parts.now()
  const id = await newRunId(startedAt)
  const boot = await findBoot()
  const making = path.join(unfinished, `${process.pid}.dispatch.${uniqueName()}`)
  const { context, type, args, options, queue } = item
  // Program and extensions are named so that their folders are not cleared away while the run needs them.
  const program = await ownProgram()
  const extensions = session.parts.extensions.places
  const task = {
    format: 1,
    id,
    context,
    type,
    queue,
    args,
    options,
    startedAt,
    program,
    extensions,
  }
  const start = (await findStart(process.pid)) ?? '-'
  await ensureFolder(making)
  try {
    await writeAtomically(path.join(making, 'claim'), `${boot} 1\n`)
    await writeAtomically(path.join(making, 'pid'), `${process.pid} ${start} ${boot}\n`)
    await writeAtomically(path.join(making, 'task.json'), `${JSON.stringify(task)}\n`)
    await ensureFolder(runs)
    await rename(making, path.join(runs, id))
  } catch (error) {
    await remove(making)
    throw error
  }
  return attend(session, path.join(runs, id), item, id)
}

async function attend(
  session: Session,
  folder: string,
  { context, type, args, options }: WorkItem,
  id: string,
): Promise<string | undefined> {
  const named = session.parts.extensions.places.flatMap((place) => ['--extension', place])
  const exitCode = await runOurselves([...named, `provision-${type}`, `@${context}`, ...args], {
    stdin: renderRequest({ options }),
    outFile: path.join(folder, 'out.0'),
    errFile: path.join(folder, 'err.0'),
    signal: session.parts.signal,
    onStart: async (pid) =>
      writeAtomically(path.join(folder, 'group'), `${pid} ${(await findStart(pid)) ?? '-'}\n`),
  })
  if (exitCode !== 0 && (await isPutOff(folder))) {
    await remove(folder)
    return undefined
  }
  await writeAtomically(path.join(folder, 'status.0'), `${exitCode}\n`)
  return id
}

/** Whether the command's last word was that the machine is too busy. */
async function isPutOff(folder: string): Promise<boolean> {
  const file = path.join(folder, 'out.0')
  const tail = await readTail(file, Math.max(0, (await sizeOf(file)) - 65_536))
  const line = tail.trimEnd().split('\n').at(-1) ?? ''
  try {
    const result: unknown = JSON.parse(line)
    return isRecord(result) && result['errorCode'] === 'PROVISION_OVERLOAD'
  } catch {
    return false
  }
}
