import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { prepareMachine } from './support/requirements.ts'
import { addCounts, countTests, type Count } from './support/test-count.ts'

/**
 * `npm test [-- --long]`: sets up what the tests need, builds, and runs everything: types, lint, and each suite of tests.
 * The last line is always `N passed, N failed`; types, lint and the build count as one each.
 */
interface Suite {
  name: string
  /** It needs what a machine has to be prepared for. */
  needsMachine: boolean
  run: () => Promise<Count>
}

interface Done extends Count {
  name: string
  seconds: number
  remark: string
}

const root = path.resolve(import.meta.dirname, '..')
const bin = path.join(root, 'node_modules', '.bin')
const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}` }
const done: Done[] = []

process.on('exit', (code) => {
  const { passed, failed } = addCounts(done)
  // Whatever ended this early is a failure too.
  const count = failed === 0 && code !== 0 ? 1 : failed
  console.log(`${passed} passed, ${count} failed`)
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(1))
}

const { values } = parseArgs({ options: { long: { type: 'boolean', default: false } } })
const problems = prepareMachine((line) => console.log(line))
for (const problem of problems) console.error(problem)
for (const lanes of suites(values.long))
  done.push(...(await Promise.all(lanes.map((lane) => runLane(lane)))).flat())

console.log('')
for (const suite of done) console.log(summaryLine(suite))
process.exitCode = done.some(({ failed }) => failed > 0) ? 1 : 0

/**
 * One row after the other. The lanes of a row run at once, as each takes one core; a lane does its suites one by one.
 */
function suites(isLong: boolean): Suite[][][] {
  const check = (name: string, script: string, ...args: string[]): Suite => ({
    name,
    needsMachine: false,
    run: async () => toCount((await start(script, args)) === 0),
  })
  const tests = (name: string, { needsMachine = true, workers = 1 } = {}): Suite => ({
    name,
    needsMachine,
    run: () => runVitest(name, workers),
  })
  return [
    [[check('build', process.execPath, path.join(root, 'tools/build.ts'))]],
    [
      [
        check('types', 'npm', 'run', '--silent', 'typecheck'),
        tests('unit', { needsMachine: false }),
      ],
      [check('lint', 'npm', 'run', '--silent', 'lint')],
    ],
    [[tests('integration')]],
    [[tests('pages', { workers: 2 })]],
    [[tests('e2e')]],
    ...(isLong ? [[[tests('long')]]] : []),
  ]
}

async function runLane(suites: readonly Suite[]): Promise<Done[]> {
  const done: Done[] = []
  for (const suite of suites) done.push(await runSuite(suite))
  return done
}

async function runSuite({ name, needsMachine, run }: Suite): Promise<Done> {
  console.log(`\n── ${name}`)
  const startedAt = performance.now()
  const isBlocked = needsMachine && problems.length > 0
  const count = isBlocked ? toCount(false) : await run()
  const seconds = (performance.now() - startedAt) / 1000
  return { name, ...count, seconds, remark: isBlocked ? ` (not run: ${problems.join('; ')})` : '' }
}

async function runVitest(project: string, workers: number): Promise<Count> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'desk-tests-'))
  try {
    const report = path.join(folder, 'report.json')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const which = ['--project', project, `--maxWorkers=${workers}`]
    const exitCode = await start('vitest', ['run', ...which, ...reporters])
    return countTests(readIfThere(report), exitCode)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs a program with our output as its own; its exit code, or null where it was ended or could not be started. */
function start(program: string, args: readonly string[]): Promise<number | null> {
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`${program}: ${error.message}`)
      resolve(null)
    })
    child.on('close', resolve)
  })
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function toCount(isOk: boolean): Count {
  return isOk ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }
}

function summaryLine({ name, passed, failed, skipped, seconds, remark }: Done): string {
  const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  return `${name.padEnd(12)} ${counts.padEnd(36)} ${seconds.toFixed(1).padStart(6)} s${remark}`
}
