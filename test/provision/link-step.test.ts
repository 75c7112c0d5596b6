import { readdirSync, readlinkSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { Faults } from '../../provision/steps/faults.ts'
import { Journal } from '../../provision/steps/journal.ts'
import { linkKinds, linkStep } from '../../provision/steps/links.ts'
import { runSteps } from '../../provision/steps/run-steps.ts'
import { toUndoKinds } from '../../provision/steps/undo.ts'
import { foldersOf } from '../../provision/system/account.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let folder: string
beforeEach(() => {
  folder = temporaryFolder()
})

/** Makes the link that only Drupal has, with a fault at a point. */
async function link(phase: string): Promise<void> {
  const folders = foldersOf(folder)
  const faults: Faults = (point) => {
    if (point.phase === phase) throw new Error('a fault')
  }
  const run = runSteps([linkStep(path.join(folder, 'link'), '/new')], {
    reporter: { log: () => {}, progress: () => {} },
    signal: new AbortController().signal,
    journal: new Journal(folders.journals, { command: 'x', contexts: [], startedAt: 0 }),
    kinds: toUndoKinds(linkKinds),
    tools: { folders, log: () => {} },
    faults,
  })
  await expect(run).rejects.toThrow('a fault')
}

const PHASES = ['before', 'noted', 'in', 'after']

test.each(PHASES)('a new link is gone where its step fails: %s', async (phase) => {
  await link(phase)
  expect(readdirSync(folder).filter((name) => name === 'link')).toEqual([])
})

test.each(PHASES)('a link leads where it led before where its step fails: %s', async (phase) => {
  symlinkSync('/old', path.join(folder, 'link'))
  await link(phase)
  expect(readlinkSync(path.join(folder, 'link'))).toBe('/old')
})
