import type { WebService } from '../services/web-service.ts'
import { fileKinds } from '../steps/files.ts'
import type { Step, UndoRecord, Work } from '../steps/step.ts'
import { execute, toUndoKinds, undoKind, type UndoTools } from '../steps/undo.ts'
import { findHome, foldersOf } from '../system/account.ts'
import { runProgram } from '../system/process.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { Step as PublishedStep, Undo } from './published-step.ts'
import type { ServerService } from './server-half.ts'

export type Argv = readonly [string, ...string[]]

/** The way back of an extension's step is a function, and gone with the process that had it. */
const extensionStep = undoKind('extension-step', () =>
  Promise.reject(new Error('an extension did it, and only the process that was cut off knew how')),
)

/** Taken back: the program that does so was run. */
export const programRun = undoKind('program-run', ({ argv }: { argv: string[] }) =>
  runWell(argv as [string, ...string[]]),
)

export const extensionKinds = [extensionStep, programRun]

/** Taken back, a program is not stopped by the signal that made us take back. */
export async function runWell(argv: Argv, signal?: AbortSignal): Promise<void> {
  const { exitCode, output } = await runProgram(
    argv,
    signal === undefined ? { isOwnSession: true } : { signal },
  )
  if (exitCode === 0) return
  const last = output.trim().split('\n').at(-1) ?? ''
  throw new ProvisionError(
    'PROVISION_PROCESS_ERROR',
    `${argv.join(' ')} ended with ${exitCode}: ${last.slice(0, 500)}`,
  )
}

const ours = new WeakMap<PublishedStep, Step>()

/** A step of ours for extensions: run as one of theirs it does the same, with its way back in memory. */
export function publish(step: Step): PublishedStep {
  let discards: Undo[] = []
  const published: PublishedStep = {
    title: step.title,
    async run(signal) {
      const { work, undos, discards: noted } = workInMemory(signal)
      discards = noted
      try {
        await step.run(work)
      } catch (error) {
        await runAll(undos)
        throw error
      }
      return () => runAll(undos)
    },
    discard: () => runAll(discards),
  }
  ours.set(published, step)
  return published
}

/** A step as the runner takes it: one that the desk made is ours, with its notes. */
export const toStep = (step: PublishedStep): Step => ours.get(step) ?? adapt(step)

const adapt = (step: PublishedStep): Step => ({
  kind: 'extension',
  title: step.title,
  async run(work) {
    const record = extensionStep.of({})
    const undos: Undo[] = []
    await work.willUndo(record, () => runAll(undos))
    const undo = await step.run(work.signal)
    if (undo !== undefined) undos.push(undo)
    if (step.discard !== undefined) await work.willDiscard(record, async () => step.discard?.())
  },
})

function workInMemory(signal: AbortSignal): { work: Work; undos: Undo[]; discards: Undo[] } {
  const undos: Undo[] = []
  const discards: Undo[] = []
  const toUndo = (record: UndoRecord, here?: Undo): Undo =>
    here ?? (() => execute(record, KINDS, toTools()))
  const work: Work = {
    signal,
    willUndo: (record, here) => Promise.resolve(void undos.unshift(toUndo(record, here))),
    willDiscard: (record, here) => Promise.resolve(void discards.push(toUndo(record, here))),
    attempt: (part) => part(),
  }
  return { work, undos, discards }
}

const KINDS = toUndoKinds([...fileKinds, programRun])
const toTools = (): UndoTools => ({ folders: foldersOf(findHome()), log: () => {} })

async function runAll(functions: readonly Undo[]): Promise<void> {
  for (const one of functions) await one()
}

/** An extension's web service, as commands take it. */
export const toWebService = (theirs: WebService<PublishedStep>): WebService => ({
  verifyServer: (facts) => theirs.verifyServer(facts).map(toStep),
  configureSite: (site) => theirs.configureSite(site).map(toStep),
  removeSite: (uri) => theirs.removeSite(uri).map(toStep),
  removeServer: () => theirs.removeServer().map(toStep),
  urlOf: (uri) => theirs.urlOf(uri),
})

/** An extension's other service, as commands take it. */
export const toService = (theirs: ServerService): ServerService<Step> => ({
  verifyServer: (facts) => (theirs.verifyServer?.(facts) ?? []).map(toStep),
  removeServer: () => (theirs.removeServer?.() ?? []).map(toStep),
})
