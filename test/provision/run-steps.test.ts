import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { faults } from '../../provision/steps/faults.ts'
import { Journal, parseJournal } from '../../provision/steps/journal.ts'
import { recover } from '../../provision/steps/recover.ts'
import { runSteps } from '../../provision/steps/run-steps.ts'
import type { Step } from '../../provision/steps/step.ts'
import { toUndoKinds, undoKind } from '../../provision/steps/undo.ts'
import { foldersOf } from '../../provision/system/account.ts'
import { ProvisionError } from '../../provision/system/provision-error.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const NEVER = new AbortController().signal

let home: string
beforeEach(() => {
  home = temporaryFolder()
})

interface Trouble {
  run?: number
  undo?: number
  discard?: number
}

/** Steps that write down what is done to them; `trouble` says what goes wrong where. */
function aRun(trouble: Trouble = {}, count = 4) {
  const folders = foldersOf(home)
  const done: string[] = []
  const log: string[] = []
  const noted = (what: 'undo' | 'discard') =>
    undoKind(what, ({ index }: { index: number }) => {
      done.push(`${what} ${index}`)
      return trouble[what] === index ? Promise.reject(new Error(what)) : Promise.resolve()
    })
  const [undo, discard] = [noted('undo'), noted('discard')]
  const steps = Array.from({ length: count }, (_, index): Step => ({
    kind: 'test',
    title: `step ${index}`,
    async run(work) {
      await work.willUndo(undo.of({ index }))
      await work.willDiscard(discard.of({ index }))
      done.push(`run ${index}`)
      if (trouble.run === index) throw new Error(`run ${index}`)
    },
  }))
  const reporter = {
    log: (level: string, message: string) => void log.push(`${level}: ${message}`),
    progress: (step: number, of: number, title: string) => void log.push(`${step}/${of} ${title}`),
  }
  const parts = {
    reporter,
    kinds: toUndoKinds([undo, discard]),
    tools: { folders, log: reporter.log },
  }
  const journal = new Journal(folders.journals, { command: 'x', contexts: ['a'], startedAt: 1 })
  return {
    done,
    log,
    steps,
    journals: () => (existsSync(folders.journals) ? readdirSync(folders.journals) : []),
    journalFile: (name: string) => path.join(folders.journals, name),
    run: (signal = NEVER) => runSteps(steps, { ...parts, signal, journal, faults }),
    recover: () => recover({ ...parts, signal: NEVER, endElsewhere: () => Promise.resolve() }),
  }
}

describe('a list of steps', () => {
  test('is done in order, told of, and discards last', async () => {
    const { done, log, run, journals } = aRun({}, 2)
    await run()
    expect(done).toEqual(['run 0', 'run 1', 'discard 0', 'discard 1'])
    expect(log).toEqual(['0/2 step 0', '1/2 step 1', '2/2 Done'])
    expect(journals()).toEqual([])
  })

  test.each([0, 1, 2, 3])(
    'whose step %i fails takes back in reverse what was noted, its own too, and discards nothing',
    async (at) => {
      const { done, run, journals } = aRun({ run: at })
      await expect(run()).rejects.toThrow(`run ${at}`)
      const before = Array.from({ length: at + 1 }, (_, index) => `run ${index}`)
      const back = Array.from({ length: at + 1 }, (_, index) => `undo ${at - index}`)
      expect(done).toEqual([...before, ...back])
      expect(journals()).toEqual([])
    },
  )

  test('goes on taking back where one undo fails, throws the first error and keeps the journal', async () => {
    const { done, log, run, journals, journalFile } = aRun({ run: 3, undo: 1 })
    await expect(run()).rejects.toThrow('run 3')
    expect(done.slice(-4)).toEqual(['undo 3', 'undo 2', 'undo 1', 'undo 0'])
    expect(log.some((line) => line.startsWith('error: Could not be taken back: step 1'))).toBe(true)
    expect(journals()).toEqual(['kept'])
    const [kept = ''] = readdirSync(journalFile('kept'))
    expect(log.at(-1)).toContain(journalFile(`kept/${kept}`))
    expect(parseJournal(readFileSync(journalFile(`kept/${kept}`), 'utf8')).notes).toMatchObject([
      { when: 'undo', title: 'step 1', record: { kind: 'undo', index: 1 } },
    ])
  })

  test('that is cancelled takes back what was done, under a code of its own', async () => {
    const stop = new AbortController()
    const { done, run, steps } = aRun()
    const stopper: Step = {
      kind: 'test',
      title: 'stop',
      run() {
        stop.abort()
        return Promise.resolve()
      },
    }
    steps.splice(2, 0, stopper)
    await expect(run(stop.signal)).rejects.toMatchObject({ code: 'PROVISION_CANCELLED' })
    expect(done).toEqual(['run 0', 'run 1', 'undo 1', 'undo 0'])
  })

  test('is done once its last step is done, whatever discarding says', async () => {
    const { log, run, journals } = aRun({ discard: 0 })
    await run()
    expect(log).toContain('warning: step 0: something was left behind: discard')
    expect(journals()).toEqual(['kept'])
  })

  test('keeps the code of its first error', async () => {
    const { steps, run } = aRun()
    const failing = () => Promise.reject(new ProvisionError('PROVISION_NO_SLOT', 'y'))
    steps.push({ kind: 'test', title: 'x', run: failing })
    await expect(run()).rejects.toMatchObject({ code: 'PROVISION_NO_SLOT' })
  })

  test('with nothing noted writes no journal', async () => {
    const { run, journals } = aRun({}, 0)
    await run()
    expect(journals()).toEqual([])
  })

  test('may have a part whose failure is taken back at once and goes no further', async () => {
    const { done, steps, run } = aRun({ run: 1 }, 3)
    const [first, failing, last] = steps as [Step, Step, Step]
    const trying: Step = {
      kind: 'test',
      title: 'trying',
      run: (work) => work.attempt(() => failing.run(work)).catch(() => undefined),
    }
    steps.splice(0, 3, first, trying, last)
    await run()
    expect(done).toEqual(['run 0', 'run 1', 'undo 1', 'run 2', 'discard 0', 'discard 2'])
  })
})

describe('a journal whose process is gone', () => {
  const HEAD = { journal: 1, start: '1', boot: 'x', command: 'clone', contexts: ['a'] }
  const note = (when: string, index: number) => ({
    [when]: { kind: when, index },
    title: `s${index}`,
  })
  const lines = (...entries: object[]) =>
    entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')

  function left(text: string, trouble: Trouble = {}) {
    const run = aRun(trouble)
    const journal = new Journal(path.dirname(run.journalFile('x')), {
      command: '',
      contexts: [],
      startedAt: 0,
    })
    return { ...run, journal, text }
  }

  const put = async (text: string, trouble: Trouble = {}) => {
    const run = left(text, trouble)
    const { ensureFolder } = await import('../../provision/system/files.ts')
    await ensureFolder(path.dirname(run.journalFile('x')))
    writeFileSync(run.journalFile('1-a.jsonl'), text)
    return run
  }
  const head = { ...HEAD, pid: 2 ** 30, startedAt: 0 }
  const begun = [head, note('undo', 0), note('discard', 1), note('undo', 2)]

  test('is taken back in reverse by the next command, which says so', async () => {
    const { recover, done, log, journals } = await put(lines(...begun))
    await recover()
    expect(done).toEqual(['undo 2', 'undo 0'])
    expect(log[0]).toBe(
      'info: “clone @a” of 1970-01-01T00:00:00.000Z was cut off: it is taken back.',
    )
    expect(journals()).toEqual([])
  })

  test('is finished where it was committed', async () => {
    const { recover, done, journals } = await put(lines(...begun, { committed: true }))
    await recover()
    expect(done).toEqual(['discard 1'])
    expect(journals()).toEqual([])
  })

  test('goes on where taking it back was cut off itself', async () => {
    const { recover, done } = await put(lines(...begun, { settled: 2 }))
    await recover()
    expect(done).toEqual(['undo 0'])
  })

  test('counts for nothing in a last line that was cut', async () => {
    const text = lines(...begun)
    for (let cut = text.length - 1; cut > lines(...begun.slice(0, -1)).length; cut -= 7) {
      const { recover, done } = await put(text.slice(0, cut))
      await recover()
      expect(done).toEqual(['undo 0'])
    }
  })

  test('is kept aside where something of it cannot be taken back, and blocks nobody', async () => {
    const { recover, done, log, journals } = await put(lines(...begun), { undo: 2 })
    await recover()
    expect(done).toEqual(['undo 2', 'undo 0'])
    expect(log.at(-1)).toMatch(/^error: What is left to be done by hand stands in .*kept/)
    await recover()
    expect(done).toHaveLength(2)
    expect(journals()).toEqual(['kept'])
  })

  test.each([
    ['that does not read', 'x\n'],
    ['of a later form', lines({ ...head, journal: 2 })],
    ['with a note of no kind', lines(head, { undo: { a: 1 }, title: 'x' })],
  ])('%s is kept aside and named', async (_what, text) => {
    const { recover, done, log, journals } = await put(text)
    await recover()
    expect(done).toEqual([])
    expect(log.join()).toMatch(/error: The journal of a command .* kept/)
    expect(journals()).toEqual(['kept'])
  })

  test('with a kind that this program does not know is kept for what it is', async () => {
    const { recover, done, log } = await put(
      lines(head, note('undo', 0), note('stranger', 1)).replace('"stranger":', '"undo":'),
    )
    await recover()
    expect(done).toEqual(['undo 0'])
    expect(log.join()).toContain('this program does not know “stranger”')
  })

  test('but one of a living process is left alone', async () => {
    const { ourselves } = await import('../../provision/system/owner.ts')
    const { recover, done, journals } = await put(
      lines({ ...head, ...(await ourselves()) }, note('undo', 0)),
    )
    await recover()
    expect(done).toEqual([])
    expect(journals()).toEqual(['1-a.jsonl'])
  })
})
