import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseEvent } from '#shared/protocol/provision.ts'
import { ServerTask } from '#shared/protocol/server-task.ts'
import { earlyInMinute } from '../support/early-in-minute.ts'
import { eventually } from '../support/eventually.ts'
import { programWith } from '../support/program-with.ts'
import { ANY_LOAD, makeProvisionHome, type ProvisionHome } from '../support/provision.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../fixtures/application/applications.ts')
const SITE = 'www.example.com'
const QUEUE = {
  name: 'backup',
  type: 'serial',
  isEnabled: true,
  isPaused: false,
  frequencySeconds: 60,
  items: 2,
  minThreads: 1,
  maxThreads: 6,
  threshold: 100,
}

let server: ProvisionHome
beforeEach(async () => {
  server = await makeProvisionHome({ user: 'hdcron' })
})
afterEach(() => server.remove())

const context = (name: string, type: string, options: object): string =>
  server.put(
    `.hosting-desk/contexts/${name}.json`,
    JSON.stringify({ format: 1, name, type, options }),
    0o600,
  )

/** A server with one platform and these sites, as if they had been installed; each wants a backup every minute. */
function putSites(
  names: readonly string[],
  options: object = { dispatch_plan: { queues: [QUEUE] } },
) {
  server.put('platforms/plain/index.html', 'platform')
  const plain = { remote_host: '127.0.0.1', http_service_type: 'nginx', http_port: 8080 }
  context('server_web1', 'server', { ...plain, critical_load_multiplier: ANY_LOAD, ...options })
  const root = path.join(server.home, 'platforms/plain')
  context('platform_plain', 'platform', { server: '@server_web1', root })
  for (const name of names) putSite(name, {})
}

function putSite(name: string, options: object): void {
  server.put(`sites/${name}/index.html`, `this is ${name}`)
  const own = { platform: '@platform_plain', uri: name, installed: true }
  context(name, 'site', { ...own, backup_every_seconds: 60, ...options })
}

interface Run {
  id: string
  task: ServerTask
  files: string[]
  status: string
  output: string
}

const inRuns = (...parts: string[]): string =>
  path.join(server.home, '.hosting-desk/runs', ...parts)
const runsThere = (): string[] => {
  try {
    return readdirSync(inRuns()).sort()
  } catch {
    return []
  }
}
const readRun = (id: string): Run => ({
  id,
  task: ServerTask.parse(JSON.parse(readFileSync(inRuns(id, 'task.json'), 'utf8'))),
  files: readdirSync(inRuns(id)).sort(),
  status: readFileSync(inRuns(id, 'status.0'), 'utf8'),
  output: readFileSync(inRuns(id, 'out.0'), 'utf8'),
})
const inBackups = (name: string): string => path.join(server.home, 'backups', name)
const backups = (): string[] =>
  readdirSync(path.join(server.home, 'backups')).filter((name) => name.endsWith('.tar.gz'))

const dispatch = () => server.run(['dispatch'], '')

describe('a server that plans for itself', () => {
  test('makes the backup that is due and leaves its run to be read back', async () => {
    putSites([SITE])
    const { exitCode, result } = await dispatch()
    expect(exitCode).toBe(0)
    const [id = ''] = runsThere()
    expect(result.data['backup@server_web1']).toEqual({ state: 'ran', runs: [id] })
    const run = readRun(id)
    expect(run.task).toMatchObject({ id, context: SITE, type: 'backup', queue: 'backup' })
    expect(run.files).toEqual(['claim', 'err.0', 'group', 'out.0', 'pid', 'status.0', 'task.json'])
    expect(run.status).toBe('0\n')
    const last = parseEvent(run.output.trimEnd().split('\n').at(-1) ?? '')
    expect(last).toMatchObject({ event: 'result', isOk: true })
    expect(last?.event === 'result' && last.data['file']).toBe(
      path.join(server.home, 'backups', backups()[0] ?? ''),
    )
  })

  test('makes none before it is due again, however often it is asked', async () => {
    await earlyInMinute()
    putSites([SITE])
    await dispatch()
    const { result } = await dispatch()
    expect(result.data['backup@server_web1']).toEqual({ state: 'too-early' })
    expect(backups()).toHaveLength(1)
    expect(runsThere()).toHaveLength(1)
  })

  test('counts a backup that somebody else made', async () => {
    putSites([SITE])
    const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
    server.put(`backups/${SITE}-${now}.tar.gz`, 'of the desk')
    await dispatch()
    expect(runsThere()).toEqual([])
  })

  test('takes no more at once than its queue says, the longest without a backup first', async () => {
    putSites(['a.example', 'b.example', 'c.example'])
    server.put('backups/a.example-20260101T000000Z.tar.gz', 'old')
    await dispatch()
    expect(
      runsThere()
        .map((id) => readRun(id).task.context)
        .sort(),
    ).toEqual(['b.example', 'c.example'])
  })

  test('leaves alone what has no schedule, is disabled or not installed', async () => {
    putSites([])
    putSite('none.example', { backup_every_seconds: undefined })
    putSite('off.example', { site_enabled: false })
    putSite('half.example', { installed: false })
    await dispatch()
    expect(runsThere()).toEqual([])
  })

  test('writes down a backup that failed, and does not try it again at once', async () => {
    await earlyInMinute()
    putSites([SITE])
    server.put(`sites/${SITE}/index.html`, 'x')
    rmSync(path.join(server.home, 'sites', SITE), { recursive: true })
    await dispatch()
    const [id = ''] = runsThere()
    expect(readRun(id).status).toBe('1\n')
    const memory = path.join(server.home, '.hosting-desk/dispatch/backup@server_web1.json')
    const remembered = JSON.parse(readFileSync(memory, 'utf8')) as { lastRunAt: number }
    writeFileSync(memory, JSON.stringify({ ...remembered, lastRunAt: 0 }))
    expect((await dispatch()).result.data['backup@server_web1']).toEqual({ state: 'idle' })
  })

  test('thins out backups by the rules of its plan, and nothing without a rule', async () => {
    const retention = { ...QUEUE, name: 'backup-retention', type: 'batch', frequencySeconds: 3600 }
    const planOf = (rules?: string) => ({
      dispatch_plan: { queues: [{ ...retention, ...(rules === undefined ? {} : { rules }) }] },
    })
    const old = ['20250101T010000Z', '20250101T020000Z', '20250102T010000Z'].map(
      (stamp) => `${SITE}-${stamp}.tar.gz`,
    )
    const foreign = 'foreign.example-20250101T010000Z.tar.gz'
    putSites([SITE], planOf())
    for (const name of [...old, foreign]) server.put(`backups/${name}`, 'x')
    await dispatch()
    expect(backups()).toHaveLength(4)
    putSites([SITE], planOf('7d 1d'))
    await dispatch()
    expect(backups().sort()).toEqual([foreign, old[1], old[2]].sort())
    const [id = ''] = runsThere()
    expect(readRun(id).task).toMatchObject({
      type: 'backup-delete',
      context: SITE,
      args: [inBackups(old[0] ?? '')],
    })
    expect(readRun(id).status).toBe('0\n')
  })

  test('runs no cron for an application that has none', async () => {
    const cron = { ...QUEUE, name: 'cron', type: 'batch', frequencySeconds: 60 }
    putSites([SITE], { dispatch_plan: { queues: [cron] } })
    const { result } = await dispatch()
    expect(result.data['cron@server_web1']).toEqual({ state: 'idle' })
  })

  test('is told of contexts that do not read, and does the rest', async () => {
    putSites([SITE])
    server.put('.hosting-desk/contexts/broken.example.json', '{')
    const { events } = await dispatch()
    expect(events.some((event) => event.event === 'log' && /broken/.test(event.message))).toBe(true)
    expect(runsThere()).toHaveLength(1)
  })

  test.each([
    ['has no plan', {}],
    ['has its queue disabled', { dispatch_plan: { queues: [{ ...QUEUE, isEnabled: false }] } }],
    ['has its queue paused', { dispatch_plan: { queues: [{ ...QUEUE, isPaused: true }] } }],
  ])('does nothing where it %s', async (_what, options) => {
    putSites([SITE], options)
    expect((await dispatch()).exitCode).toBe(0)
    expect(runsThere()).toEqual([])
  })

  test('does each piece of work once, also where ten are started at once', async () => {
    await earlyInMinute()
    putSites([SITE])
    const results = await Promise.all(Array.from({ length: 10 }, dispatch))
    expect(results.map(({ exitCode }) => exitCode)).toEqual(Array(10).fill(0))
    expect(runsThere()).toHaveLength(1)
    expect(backups()).toHaveLength(1)
  })

  test('goes on where one was killed in the middle', async () => {
    putSites([SITE])
    // So large that packing it takes a while.
    server.put(`sites/${SITE}/large`, 'x'.repeat(60_000_000))
    const { child, ended } = server.start(['dispatch'], '')
    ended.catch(() => undefined)
    await eventually(() => {
      const [id = ''] = runsThere()
      readFileSync(inRuns(id, 'group'))
    })
    child.kill('SIGKILL')
    const [first = ''] = runsThere()
    expect(readdirSync(inRuns(first))).not.toContain('status.0')
    // Its command goes on by itself, and ends.
    await eventually(
      () => expect(readFileSync(inRuns(first, 'out.0'), 'utf8')).toContain('"event":"result"'),
      { timeoutMs: 20_000 },
    )
    const [made = ''] = backups()
    renameSync(inBackups(made), inBackups(`${SITE}-20260101T000000Z.tar.gz`))
    writeFileSync(path.join(server.home, '.hosting-desk/dispatch/backup@server_web1.json'), '{ cut')
    const { result } = await dispatch()
    expect(result.data['backup@server_web1']).toMatchObject({ state: 'ran' })
    expect(runsThere()).toHaveLength(2)
  })
})

test('runs cron of the sites whose application has it, each once in its time', async () => {
  server.remove()
  const folder = mkdtempSync(path.join(os.tmpdir(), 'hosting-desk-program-'))
  const programFile = await programWith({ applications: APPLICATIONS }, folder)
  server = await makeProvisionHome({ user: 'hdcron', programFile })
  rmSync(folder, { recursive: true })
  await earlyInMinute()
  const cron = { ...QUEUE, name: 'cron', type: 'batch', frequencySeconds: 3600 }
  putSites(['plain.example'], { dispatch_plan: { queues: [cron] } })
  putSite('clock.example', { application: 'clock', url: 'http://clock.example' })
  await dispatch()
  expect(runsThere().map(readRun)).toMatchObject([
    { task: { type: 'cron', context: 'clock.example' }, status: '0\n' },
  ])
  expect(readFileSync(path.join(server.home, 'sites/clock.example/cron.txt'), 'utf8')).toBe('ran')
  await dispatch()
  expect(runsThere()).toHaveLength(1)
}, 60_000)

test('a plan that is none is refused when it is saved', async () => {
  const save = (plan: unknown) =>
    server.run(['provision-save', '@server_web1'], {
      contextOptions: { context_type: 'server', dispatch_plan: plan as never },
    })
  expect((await save({ queues: [QUEUE] })).exitCode).toBe(0)
  for (const plan of [
    { queues: [QUEUE, QUEUE] },
    { queues: [{ ...QUEUE, type: 'random' }] },
    { queues: [{ ...QUEUE, frequencySeconds: 0 }] },
    { queues: [{ ...QUEUE, name: '../x' }] },
    { queues: [{ ...QUEUE, more: 1 }] },
    { queues: [{ ...QUEUE, rules: 7 }] },
    { queues: 'all' },
    [],
  ]) {
    const { result } = await save(plan)
    expect(result.errorCode).toBe('PROVISION_BAD_OPTION')
  }
})
