import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import { eventually } from '../support/eventually.ts'
import { ANY_LOAD, makeProvisionHome, type ProvisionHome } from '../support/provision.ts'

const EXAMPLE = path.join(import.meta.dirname, '../../docs/extending/example/backend')
const SITE = 'www.extended.example'

/** A web service that needs no machine: whoever reads its files, it is not asked. */
const PLAIN_WEB = `export default () => ({
  webServices: {
    plain: ({ port }) => ({
      verifyServer: (facts) => { facts.plainPort = port; return [] },
      configureSite: () => [], removeSite: () => [], removeServer: () => [],
      urlOf: (uri) => 'http://' + uri,
    }),
  },
})`

let account: ProvisionHome
const inHome = (name: string): string => path.join(account.home, name)
const folderOf = (extension: string): string => inHome(`.hosting-desk/extensions/${extension}`)

function putExtension(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files))
    account.put(`.hosting-desk/extensions/${folder}/${name}`, text, 0o600)
  return folderOf(folder)
}
const naming = (...places: string[]): string[] => places.flatMap((one) => ['--extension', one])
const storedOptions = (name: string): JsonRecord =>
  (
    JSON.parse(readFileSync(inHome(`.hosting-desk/contexts/${name}.json`), 'utf8')) as {
      options: JsonRecord
    }
  ).options

let example: string
let web: string
let both: string[]

beforeAll(async () => {
  account = await makeProvisionHome()
  example = putExtension(
    'notice-board-0a1b2c3d',
    Object.fromEntries(
      readdirSync(EXAMPLE).map((name) => [name, readFileSync(path.join(EXAMPLE, name), 'utf8')]),
    ),
  )
  web = putExtension('plain-web-00000000', { 'web.mjs': PLAIN_WEB })
  both = naming(example, web)
  account.put('platforms/plain/index.html', '<html>')
  await account.run([...both, 'provision-save', '@server_x'], {
    contextOptions: {
      context_type: 'server',
      http_service_type: 'plain',
      critical_load_multiplier: ANY_LOAD,
      notices_service_type: 'board',
      notices_port: 12_345,
      notices_restart_cmd: `/usr/bin/touch ${inHome('told')}`,
      notices_language: 'en',
    },
  })
  await account.save('platform_x', {
    context_type: 'platform',
    server: '@server_x',
    root: '~/platforms/plain',
  })
  await account.run([...both, 'provision-save', `@${SITE}`], {
    contextOptions: {
      context_type: 'site',
      platform: '@platform_x',
      uri: SITE,
      // Nobody answers for it, so that nobody is asked.
      site_enabled: false,
      notice_signature: 'The testers',
    },
  })
  const { result } = await account.run([...both, 'provision-install', `@${SITE}`])
  expect(result.errorMessage).toBeNull()
})
afterAll(() => account.remove())

const NOTICE = { headline: 'Tom & <b>Jerry</b>', text: 'Hello' }
const publish = (options: JsonRecord) =>
  account.run([...both, 'provision-publish-notice', `@${SITE}`], { options })

describe('a server half that a run names', () => {
  test('adds a command, which runs its steps and returns its data', async () => {
    const { result } = await publish(NOTICE)
    expect(result).toMatchObject({ isOk: true, data: { url: `http://${SITE}/notice.html` } })
    const page = readFileSync(inHome(`sites/${SITE}/notice.html`), 'utf8')
    expect(page).toContain('Tom &#38; &#60;b&#62;Jerry')
    expect(page).toContain('The testers')
    expect(existsSync(inHome('told'))).toBe(true)
  })

  test('when a step fails the earlier ones are taken back', async () => {
    const before = account.tree()
    const { result, events } = await publish({ ...NOTICE, headline: 'Other', isRehearsal: true })
    expect(result.errorCode).toBe('PROVISION_NOTICE_REHEARSED')
    expect(JSON.stringify(events)).toContain('Taken back: Write the notice')
    expect(account.tree()).toEqual(before)
  })

  test('an option never reaches the stored context', () => {
    expect(storedOptions(SITE)).toMatchObject({ notice_signature: 'The testers', installed: true })
    expect(storedOptions(SITE)).not.toHaveProperty('headline')
  })

  test('adds services: a web service, and another one that is verified with its server', async () => {
    const { result } = await account.run([...both, 'provision-verify', '@server_x'])
    expect(result).toMatchObject({ isOk: true, data: { plainPort: 80, noticesPort: 12_345 } })
  })

  test('is in force for what the server does by itself, as of its last verify', async () => {
    const noted = inHome('.hosting-desk/extensions-in-force.json')
    expect(JSON.parse(readFileSync(noted, 'utf8'))).toEqual({
      format: 1,
      folders: ['notice-board-0a1b2c3d', 'plain-web-00000000'],
    })
    const plan = {
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
    const save = (name: string, contextOptions: JsonRecord) =>
      account.run([...both, 'provision-save', `@${name}`], { contextOptions })
    await save('server_x', { dispatch_plan: { queues: [plan] } })
    await save(SITE, { site_enabled: true, backup_every_seconds: 60 })
    const { result } = await account.run(['dispatch'], '')
    const outcome = result.data['backup@server_x'] as { state: string; runs: string[] }
    expect(outcome.state).toBe('ran')
    const runs = inHome('.hosting-desk/runs')
    const [id = ''] = outcome.runs
    expect(readFileSync(path.join(runs, id, 'status.0'), 'utf8')).toBe('0\n')
    // The frontend clears no folder away that a run names.
    expect(readFileSync(path.join(runs, id, 'task.json'), 'utf8')).toContain(web)
    await save('server_x', { dispatch_plan: null })
    await save(SITE, { site_enabled: false, backup_every_seconds: null })
  })

  test('a key that it did not declare is refused by name, and a value that its check refuses', async () => {
    const save = (contextOptions: JsonRecord) =>
      account.run([...both, 'provision-save', `@${SITE}`], { contextOptions })
    expect((await save({ notice_colour: 'red' })).result).toMatchObject({
      errorCode: 'PROVISION_UNKNOWN_OPTION',
      errorMessage: expect.stringContaining('notice_colour') as string,
    })
    expect((await save({ notice_signature: 'two\nlines' })).result.errorCode).toBe(
      'PROVISION_BAD_OPTION',
    )
  })
})

describe('without it', () => {
  test('there is no such command, and its keys are refused by name', async () => {
    const { result, exitCode } = await account.run(['provision-publish-notice', `@${SITE}`])
    expect([result.errorCode, exitCode]).toEqual(['PROVISION_USAGE', 2])
    expect((await account.save(SITE, { notice_signature: 'x' })).result).toMatchObject({
      errorCode: 'PROVISION_UNKNOWN_OPTION',
      errorMessage: expect.stringContaining('notice_signature') as string,
    })
  })

  test('what it stored stays, and can be unset', async () => {
    expect((await account.save(SITE, { client_name: 'Ada' })).result.isOk).toBe(true)
    expect(storedOptions(SITE)).toMatchObject({ notice_signature: 'The testers' })
    expect((await account.save(SITE, { notice_signature: null })).result.isOk).toBe(true)
    expect(storedOptions(SITE)).not.toHaveProperty('notice_signature')
  })
})

describe('an extension is left out and named, and everything else goes on:', () => {
  const left = async (...places: string[]) => {
    const { result, events } = await account.run(
      [...naming(...places, web), 'provision-save', '@server_x'],
      { contextOptions: { remote_host: 'localhost' } },
    )
    expect(result.isOk).toBe(true)
    const warnings = events.filter((event) => event.event === 'log' && event.level === 'warning')
    return warnings.map((event) => (event.event === 'log' ? event.message : '')).join('\n')
  }

  test.each([
    ['one that is no JavaScript', 'export default {', /./],
    ['one that throws', "throw new Error('boo')", /boo/],
    ['one whose default export is no function', 'export default 7', /no function/],
    ['one that gives nothing of use', 'export default () => 7', /no object/],
    ['a misspelt part', 'export default () => ({ comands: {} })', /comands/],
    [
      'a command without a plan',
      'export default () => ({ commands: { site: { x: {} } } })',
      /commands.site.x/,
    ],
    [
      'a command of nothing',
      'export default () => ({ commands: { clients: {} } })',
      /“clients” is none/,
    ],
  ])('%s', async (_, text, expected) => {
    const place = putExtension('broken-11111111', { 'index.mjs': text })
    expect(await left(place)).toMatch(expected)
    expect(await left(place)).toContain('broken-11111111')
  })

  test('one in the place of what ships: the shipped command and key stay', async () => {
    const place = putExtension('greedy-11111111', {
      'index.mjs': `export default ({ keys }) => ({
        commands: { site: { verify: { plan: () => { throw new Error('mine') } } }, server: { list: { plan: () => ({ steps: [] }) } } },
        contextKeys: { site: { uri: keys.text(), installed: keys.trueOrFalse() } },
        webServices: { nginx: () => ({}) },
      })`,
    })
    const told = await left(place)
    for (const what of ['verify', 'list', 'uri', 'installed', 'nginx']) expect(told).toContain(what)
    const { result } = await account.run([...naming(place, web), 'provision-verify', `@${SITE}`])
    expect(result.isOk).toBe(true)
  })

  test('one that lies elsewhere, or reaches there by a link or by dots', async () => {
    account.put('elsewhere-22222222/index.mjs', "throw new Error('was run')")
    symlinkSync(inHome('elsewhere-22222222'), folderOf('linked-22222222'))
    const ways = [
      inHome('elsewhere-22222222'),
      folderOf('linked-22222222'),
      `${folderOf('..')}/../elsewhere-22222222`,
      folderOf('nothing-22222222'),
      folderOf('no-hash'),
      'relative-22222222',
    ]
    for (const way of ways) {
      const told = await left(way)
      expect(told, way).toContain('was left out')
      expect(told, way).not.toContain('was run')
    }
  })

  test('one that others can write to', async () => {
    const place = putExtension('open-33333333', { 'index.mjs': "throw new Error('was run')" })
    chmodSync(path.join(place, 'index.mjs'), 0o666)
    expect(await left(place)).toMatch(/only this account can write/)
    chmodSync(path.join(place, 'index.mjs'), 0o600)
    chmodSync(place, 0o777)
    expect(await left(place)).toMatch(/only this account can write/)
  })

  test('one of another account', async () => {
    const place = folderOf('foreign-44444444')
    mkdirSync(place, { mode: 0o755 })
    // Root made it, where root runs the tests; elsewhere nobody else can.
    if (process.getuid?.() === 0) expect(await left(place)).toMatch(/only this account can write/)
  })
})

/** Writes one file by the desk's step and one by a step of its own, and then waits. */
const WAITING = `import { writeFileSync } from 'node:fs'
export default (desk) => ({
  commands: { site: { wait: { plan: ({ home }) => ({ steps: [
    desk.steps.writeFile('Write by the desk', home + '/by-the-desk', 'x'),
    { title: 'Write by itself', async run() { writeFileSync(home + '/by-itself', 'x') } },
    desk.steps.run('Wait', ['/bin/sh', '-c', 'echo $$ > "$HOME/waits"; exec sleep 60'], ['/bin/touch', home + '/told']),
  ] }) } } },
})`

test('where the program is killed, the desk’s steps are taken back, and one’s own is named and kept', async () => {
  const waiting = putExtension('waiting-00000000', { 'wait.mjs': WAITING })
  const { child, ended } = account.start([...naming(waiting, web), 'provision-wait', `@${SITE}`])
  const sleeper = await eventually(() => {
    const pid = Number(readFileSync(inHome('waits'), 'utf8'))
    if (pid > 1) return pid
    throw new Error('no pid yet')
  })
  for (const pid of [child.pid ?? 0, sleeper]) process.kill(pid, 'SIGKILL')
  await expect(ended).rejects.toThrow('not one result')
  expect(existsSync(inHome('by-the-desk'))).toBe(true)
  // The next command need not name the extension.
  const { events } = await account.run(['provision-lock', '@platform_x'])
  const said = events.flatMap((event) =>
    event.event === 'log' ? [`${event.level}: ${event.message}`] : [],
  )
  expect(said).toContainEqual(
    expect.stringMatching(/^error: Could not be taken back: Write by itself/),
  )
  expect(said).toContainEqual(
    expect.stringMatching(/^error: .* by hand stands in .*journals\/kept\//),
  )
  expect(existsSync(inHome('by-the-desk'))).toBe(false)
  expect(existsSync(inHome('by-itself'))).toBe(true)
  expect(existsSync(inHome('told'))).toBe(true)
  expect((await account.run(['provision-unlock', '@platform_x'])).result.isOk).toBe(true)
})
