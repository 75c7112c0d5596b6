import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'

const runFile = promisify(execFile)
const ROOT = path.resolve(import.meta.dirname, '../..')
const VITEST = path.join(ROOT, 'node_modules/vitest/vitest.mjs')

const folder = mkdtempSync(path.join(tmpdir(), 'hosting-desk-aegir-'))
let reports = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Every function and hook of Aegir's interface between frontend and backend. */
const INTERFACE = [
  'hook_hosting_tasks',
  'hook_hosting_tasks_alter',
  'hook_query_hosting_get_new_tasks_alter',
  'hostingService::context_options',
  'hosting_get_queues',
  'hosting_queues_cron_cmd',
  'hosting_queues_cron_removal',
  'hosting_run_queue',
  'hosting_task_TASK_TYPE_form',
  'hosting_task_TASK_TYPE_form_validate',
  '_hosting_dispatch_cmd',
  '_hosting_queues_clean_output',
  '_hosting_queue_next_run',
  'hook_hosting_queues',
  'hook_hosting_queues_alter',
  'hook_hosting_processed_queues_alter',
  'hook_hosting_TASK_OBJECT_context_options',
  'hook_post_hosting_TASK_TYPE_task',
  'hook_hosting_TASK_TYPE_task_rollback',
  'hook_hosting_task_update_status',
  'hook_allow_domain',
  'hook_hosting_task_guarded_nodes',
  'hook_hosting_task_dangerous_tasks',
  'hook_drush_context_import',
]

interface Row {
  aegir: string
  file: string
  name: string
  testFile: string
  testName: string
}

/** The rows of the page's first table. */
function readRows(): Row[] {
  const page = readFileSync(path.join(ROOT, 'docs/from-aegir.md'), 'utf8')
  return page.split('\n').flatMap((line) => {
    const [aegir = '', , ours = '', tested = ''] = line.replace(/^\| /, '').split(' | ')
    const [, file, name] = /^`([^`]+)` `([^`]+)`$/.exec(ours) ?? []
    const [, testFile, testName] = /^`([^`]+)` “(.+)”$/.exec(tested) ?? []
    const isRow = file !== undefined && name !== undefined && testFile !== undefined
    return isRow && testName !== undefined ? [{ aegir, file, name, testFile, testName }] : []
  })
}

/** The full names of the tests that passed and failed; with an export broken where one is named. */
async function runTests(
  files: readonly string[],
  options: { only?: string; broken?: string } = {},
): Promise<{ passed: string[]; failed: string[] }> {
  const report = path.join(folder, `${reports++}.json`)
  const only = options.only === undefined ? [] : ['-t', `${escaped(options.only)}$`]
  const output = ['--reporter', 'json', `--outputFile.json=${report}`]
  const args = [VITEST, 'run', '--project', 'unit', ...files, ...only, ...output]
  const env = { ...process.env, VITEST: undefined, BREAK_EXPORT: options.broken }
  // Failed tests make it end with an error; what failed stands in the report.
  await runFile(process.execPath, args, { cwd: ROOT, env }).catch(() => undefined)
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { status: string; assertionResults: { title: string; status: string }[] }[]
  }
  const titles = (status: string): string[] =>
    testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter((one) => one.status === status).map(({ title }) => title),
    )
  // A file that cannot be loaded has no tests to fail.
  const unloaded = testResults.filter(
    (one) => one.status === 'failed' && one.assertionResults.length === 0,
  )
  return {
    passed: titles('passed'),
    failed: [...titles('failed'), ...unloaded.map(() => 'the file')],
  }
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const rows = readRows()

describe('the page for those who come from Aegir', () => {
  test('names every function and hook of the interface', () => {
    const named = rows.flatMap(({ aegir }) =>
      [...aegir.matchAll(/`([^`]+)`/g)].map(([, one]) => one),
    )
    expect(INTERFACE.filter((one) => !named.includes(one))).toEqual([])
  })

  test('names tests that pass', async () => {
    const { passed } = await runTests([...new Set(rows.map(({ testFile }) => testFile))])
    expect(rows.filter(({ testName }) => !passed.includes(testName))).toEqual([])
  })

  test.each(rows.map((row) => [row.aegir, row] as const))(
    '%s: its test fails without its export',
    async (_aegir, { testFile, testName, file, name }) => {
      const { passed, failed } = await runTests([testFile], {
        only: testName,
        broken: `${file}#${name}`,
      })
      expect(passed).toEqual([])
      expect(failed).toHaveLength(1)
    },
  )
})
