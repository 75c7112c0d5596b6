import { describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { BackendRequest } from '../../../../main/backend/backend.ts'
import { withMark } from '../../../../main/backend/aegir/options.ts'
import { planOf } from '../../../../main/backend/aegir/plan.ts'
import { AegirReader } from '../../../../main/backend/aegir/reader.ts'
import { markOf } from '../../../../main/backend/aegir/steps-script.ts'
import { LineSplitter } from '../../../../main/lib/lines.ts'
import {
  aFrame,
  aLogPacket,
  anExchange,
  aPacket,
  type Exchange,
} from '../../../support/drush/exchanges.ts'
import { readAll } from '../../../support/drush/recordings.ts'

const SITE = 'www.example.com'
const request = (
  name: string,
  options: JsonRecord = {},
  args: readonly string[] = [],
): BackendRequest => ({
  contexts: [],
  command: { name, context: SITE, args, options },
  forgets: null,
})
const reader = (...wish: Parameters<typeof request>) => new AegirReader(planOf(request(...wish)))
const onSite = (context: JsonRecord = {}): JsonRecord => ({ '#name': SITE, ...context })
const read = (wish: Parameters<typeof request>, ...exchanges: Exchange[]) =>
  readAll(reader(...wish), exchanges)

describe('an answer', () => {
  test('is found behind whatever the command printed', () => {
    const { entries, outcome } = read(
      ['disable'],
      anExchange({ text: 'Hello\n\0there', context: onSite() }),
      anExchange({ ending: 'none', exitCode: 1 }),
    )
    expect(outcome).toMatchObject({ isOk: true, contexts: [] })
    expect(entries).toMatchObject([{ text: 'Hello' }, { text: 'there' }])
  })

  test('is the last of several', () => {
    const { outcome } = read(['backup-delete'], anExchange({ ending: 'twice', context: onSite() }))
    expect(outcome.isOk).toBe(true)
  })

  test.each(['empty', 'broken'] as const)('that is %s is none', (ending) => {
    const { outcome } = read(['backup-delete'], anExchange({ ending, context: onSite() }))
    expect(outcome).toMatchObject({ isOk: false, code: 'backend.bad-output' })
  })

  test('that is longer than anyone reads is none', () => {
    const one = reader('backup-delete')
    one.read(0, 'out', { text: '\0DRUSH_BACKEND_OUTPUT_START>>>{"output"', end: 9, isCut: true })
    expect(one.outcome([0])).toMatchObject({ code: 'backend.bad-output' })
  })

  test('with bytes that are not UTF-8 around it is read all the same', () => {
    const { stdout, ...rest } = anExchange({ context: onSite() })
    const odd = Buffer.concat([Buffer.from([0xff, 0xfe, 0x0a]), stdout])
    expect(read(['backup-delete'], { ...rest, stdout: odd }).outcome.isOk).toBe(true)
  })

  test('to a command that ran on another context is a failure', () => {
    const { outcome } = read(['backup-delete'], anExchange({ context: { '#name': '@other' } }))
    expect(outcome).toMatchObject({ code: 'backend.wrong-context' })
  })

  test('tells whether the options were read', () => {
    const options = { client_email: 'a@example.com' }
    const wish: Parameters<typeof request> = ['login-reset', options]
    const { outcome } = read(wish, anExchange({ context: onSite(withMark(options)) }))
    expect(outcome.isOk).toBe(true)
    // The site may have an address of its own: only the mark says that ours arrived.
    const lost = read(wish, anExchange({ context: onSite(options) })).outcome
    expect(lost).toMatchObject({ code: 'backend.options-lost' })
  })
})

describe('a log entry', () => {
  test('comes with the time and level of its packet, as plain text', () => {
    const bytes = `${aLogPacket('warning', 'The <em class="placeholder">file</em> &amp; more', 7.25)}`
    const entries = readLines(reader('backup-delete'), bytes)
    expect(entries).toEqual([
      { kind: 'message', level: 'warning', text: 'The file & more', serverAt: 7250 },
    ])
  })

  test('is never an error, which only a packet of its own can be', () => {
    const entries = readLines(
      reader('backup-delete'),
      aLogPacket('error', 'bad news') +
        aPacket({ error: 'X_Y', message: 'why', packet: 'set_error' }),
    )
    expect(entries).toMatchObject([
      { level: 'warning', text: 'bad news' },
      { level: 'error', text: 'X_Y: why' },
    ])
  })

  test('that does not read is told of', () => {
    expect(readLines(reader('backup-delete'), '\0DRUSH_BACKEND:\n\0')).toMatchObject([
      { level: 'debug' },
    ])
  })

  test('on a terminal, or with text in its line, is found all the same', () => {
    const one = aLogPacket('notice', 'one').replace('\n', '\r\n')
    const entries = readLines(reader('backup-delete'), `half a line${one}`)
    expect(entries).toMatchObject([{ text: 'half a line' }, { text: 'one' }])
  })

  test('shows no secret of what was sent, and nothing that looks like one', () => {
    const one = reader('login-reset', { http_basic_auth_password: 'tell-nobody' })
    const said = [
      'It is tell-nobody, honestly',
      'at mysql://root:hunter22@localhost/x',
      "IDENTIFIED BY 'hunter22'",
      'drush --db-password=hunter22 x',
      'https://www.example.com/user/reset/1/17/hunter22/login',
    ]
    const entries = readLines(one, said.map((text) => aLogPacket('notice', text)).join(''))
    expect(JSON.stringify(entries)).not.toMatch(/hunter22|tell-nobody/)
  })
})

describe('an error', () => {
  test('of Provision says more than that Drush did not come to its end', () => {
    const { outcome } = read(
      ['backup'],
      anExchange({
        errors: {
          DRUSH_NOT_COMPLETED: ['It ended. Stack trace: #0 x'],
          PROVISION_BACKUP_FAILED: ['Could not write it', 'Could not write it'],
        },
      }),
    )
    expect(outcome).toMatchObject({
      code: 'PROVISION_BACKUP_FAILED',
      message: 'Could not write it It ended.',
    })
  })

  test('whose code is a sentence gets one, and the sentence is the message', () => {
    const { outcome } = read(['backup'], anExchange({ errors: { 'No, not today.': [''] } }))
    expect(outcome).toMatchObject({ code: 'backend.refused', message: 'No, not today.' })
  })

  test('is known after a restart from what was logged before', () => {
    const before = reader('backup-delete')
    const packets = anExchange({
      errors: { PROVISION_SOMETHING: ['went wrong'] },
      ending: 'none',
    })
    const { entries } = readAll(before, [packets])
    const after = reader('backup-delete')
    for (const entry of entries)
      if (entry.kind === 'message') after.recall(0, { level: entry.level, text: entry.text })
    expect(after.outcome([1])).toEqual(before.outcome([1]))
    expect(after.outcome([1])).toMatchObject({ code: 'PROVISION_SOMETHING' })
  })
})

describe('a run without an answer', () => {
  test.each([
    ['Could not find the alias @www.example.com   [error]\n', 1, 'backend.unknown-context'],
    [
      'PHP Parse error: x in /v/.drush/one.alias.drushrc.php on line 3\n',
      1,
      'backend.broken-context',
    ],
    [
      'PHP Fatal error: Allowed memory size of 8388608 bytes exhausted\n',
      255,
      'backend.memory-limit',
    ],
    ['sh: exec: /usr/bin/drush: not found\n', 127, 'backend.no-drush'],
    ['Terminated\n', 143, 'backend.killed'],
    ['', 0, 'backend.no-result'],
  ])('that said %j and ended with %i is %s', (noise, exitCode, code) => {
    const { outcome } = read(['backup'], anExchange({ ending: 'none', noise, exitCode }))
    expect(outcome).toMatchObject({ isOk: false, code })
  })

  test('that never ran says so', () => {
    expect(reader('backup').outcome([])).toMatchObject({ code: 'backend.no-result' })
  })
})

describe('exit 0 that was none', () => {
  test('a web server that did not reload fails a verify, and is a warning of the rest', () => {
    const log = [{ type: 'warning', message: 'nginx on web1 could not be restarted. Sorry' }]
    const exchange = anExchange({ log, context: onSite() })
    const looked = anExchange({ object: {} })
    expect(read(['verify'], exchange, looked).outcome).toMatchObject({
      code: 'backend.reload-failed',
    })
    expect(read(['enable'], exchange, looked).outcome.isOk).toBe(true)
  })

  test('what PHP thinks of Drush’s code is no warning', () => {
    const log = [{ type: 'warning', message: 'Undefined variable $x some.provision.inc:12' }]
    const { entries } = read(['verify'], anExchange({ log, context: onSite() }), anExchange())
    expect(entries[0]).toMatchObject({ level: 'debug' })
  })
})

describe('what comes back', () => {
  const record = { context_type: 'site', uri: SITE, platform: '@platform_a', site_enabled: true }

  test('is the context as the last look found it, without its secrets', () => {
    const { outcome } = read(
      ['enable'],
      anExchange({ context: onSite() }),
      anExchange({
        object: { [SITE]: { ...record, http_basic_auth_password: 'x', '#file': '/f' } },
      }),
    )
    expect(outcome).toMatchObject({
      isOk: true,
      data: { url: `http://${SITE}/` },
      contexts: [{ name: SITE, type: 'site', options: { platform: '@platform_a' } }],
    })
    expect(JSON.stringify(outcome)).not.toContain('password')
  })

  test('of a clone is the copy first', () => {
    const { outcome } = read(
      ['clone', {}, ['@copy.example.com', '@platform_a']],
      anExchange({ context: onSite() }),
      anExchange({
        object: { [SITE]: record, 'copy.example.com': { ...record, uri: 'copy.example.com' } },
      }),
    )
    expect(outcome.contexts.map(({ name }) => name)).toEqual(['copy.example.com', SITE])
    expect(outcome).toMatchObject({ data: { url: 'http://copy.example.com/' } })
  })

  test('is a link from either stack', () => {
    const link = 'http://www.example.com/user/reset/1/2/three/login'
    const amongOptions = anExchange({ context: onSite({ login_link: `${link}\n` }) })
    const returned = anExchange({ context: onSite(), object: { 1: link } })
    for (const exchange of [amongOptions, returned])
      expect(read(['login-reset'], exchange).outcome).toMatchObject({ data: { loginLink: link } })
  })
})

describe('a run of several steps', () => {
  const plan = planOf(request('clone', {}, ['@copy.example.com', '@platform_a']))
  const mark = (line: string): string => `\nhd:${markOfPlan()}:${line}\n`
  const markOfPlan = (): string => markOf(plan)

  test('has succeeded where each step has, and tells of each as it begins', () => {
    const stdout =
      mark('begin 0 0') +
      aFrame({ ...bare, context: { backup_file: '/b/one.tar.gz', backup_file_size: '12' } }) +
      mark('must 1 0') +
      aFrame({ ...bare, context: {} }) +
      mark('must 2 0')
    const stderr = `hd:${markOfPlan()}:step 2/5 Save the copy\n`
    const { entries, outcome } = readAll(new AegirReader(plan), [
      { stdout: Buffer.from(stdout), stderr: Buffer.from(stderr), exitCode: 0 },
      anExchange({ object: {} }),
    ])
    expect(outcome).toMatchObject({ isOk: true, data: { file: '/b/one.tar.gz', sizeBytes: 12 } })
    expect(entries).toEqual([
      { kind: 'progress', progress: { step: 2, of: 5, title: 'Save the copy' }, serverAt: null },
    ])
  })

  test('fails with the error of the step that failed, and says what could not be taken back', () => {
    const stdout =
      mark('begin 0 0') +
      aFrame(bare) +
      mark('must 1 0') +
      aFrame({ ...bare, error_status: 1, error_log: { PROVISION_X: ['no room'] } }) +
      mark('must 2 1') +
      aFrame(bare) +
      mark('back 1 1')
    const { outcome } = readAll(new AegirReader(plan), [
      { stdout: Buffer.from(stdout), stderr: Buffer.alloc(0), exitCode: 1 },
    ])
    expect(outcome).toMatchObject({ isOk: false, code: 'PROVISION_X' })
    expect(outcome).toMatchObject({
      message: expect.stringContaining('could be taken back') as string,
    })
  })

  test('is not led astray by a command that writes such lines', () => {
    const stdout = `hd:0123456789abcdef:begin 0 0\n${anExchange({ context: onSite() }).stdout.toString()}`
    const { outcome } = readAll(new AegirReader(plan), [
      { stdout: Buffer.from(stdout), stderr: Buffer.alloc(0), exitCode: 0 },
      anExchange({ object: {} }),
    ])
    expect(outcome.isOk).toBe(true)
  })

  const bare = { output: '', object: [], error_status: 0, log: [], error_log: [], context: {} }
})

function readLines(one: AegirReader, stderr: string) {
  const splitter = new LineSplitter(one.maxLineBytes)
  const lines = splitter.feed(Buffer.from(stderr))
  return lines.flatMap((line) => one.read(0, 'err', line))
}
