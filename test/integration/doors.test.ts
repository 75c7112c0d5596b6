import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callFastCgi } from '../../provision/system/fastcgi.ts'
import { eventually } from '../support/eventually.ts'
import { askPhp } from '../support/fast-cgi.ts'
import { type HostingMachine, startHostingMachine } from '../support/hosting-machine.ts'

let machine: HostingMachine
let slot: string

beforeAll(async () => {
  machine = await startHostingMachine({ name: 'hddoor', slots: 2 })
  slot = machine.slots[0] ?? ''
}, 120_000)
afterAll(() => machine.stop())

const socketOf = (user = slot): string => `/run/${machine.account}-php/${user}.sock`
const doorFile = (name: string): string => `/usr/local/lib/${machine.account}-slot/${name}.php`
const siteFolder = (user = slot): string => path.join(machine.home, 'slots', user, 'site')

async function door(
  name: string,
  body: unknown,
  params: Readonly<Record<string, string>> = {},
): Promise<{ text: string; last: Record<string, unknown> }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await askPhp(socketOf(), doorFile(name), { body: text, params })
  const lines = answer.body.toString('utf8').trimEnd().split('\n')
  const last = JSON.parse(lines.pop() ?? '') as Record<string, unknown>
  return { text: lines.join('\n'), last }
}

const inSlot = (script: string, user = slot): string => {
  const ran = machine.as(user, script)
  if (ran.exitCode !== 0) throw new Error(ran.stderr)
  return ran.stdout
}

/** A folder of the site that PHP may write. */
function makeSite(user = slot): string {
  const made = machine.as(
    machine.account,
    `umask 027; mkdir -p ${siteFolder(user)}/files; chmod 2770 ${siteFolder(user)}/files`,
  )
  expect(made.stderr).toBe('')
  return path.join(siteFolder(user), 'files')
}

describe('a door', () => {
  test('is opened also to who comes while PHP ends a worker that has nothing to do', async () => {
    const { text: gone } = await door('run', { argv: ['sh', '-c', 'echo $PPID'] })
    const worker = await eventually(() => {
      const pids = execFileSync('ps', ['-o', 'pid=', '-u', slot], { encoding: 'utf8' }).trim()
      expect(pids).toMatch(/^\d+$/)
      expect(pids).not.toBe(gone.trim())
      return Number(pids)
    })
    // Stopped, it cannot yet end when it is told to, some ten seconds after its last request.
    process.kill(worker, 'SIGSTOP')
    const isToldToQuit = (): boolean =>
      /^ShdPnd:\s0*4$/m.test(readFileSync(`/proc/${worker}/status`, 'utf8'))
    while (!isToldToQuit()) await new Promise((wake) => setTimeout(wake, 20))
    const { signal } = new AbortController()
    let text = ''
    const answer = callFastCgi({
      socket: socketOf(),
      params: { SCRIPT_FILENAME: doorFile('run'), REQUEST_METHOD: 'POST', CONTENT_LENGTH: '16' },
      body: '{"argv": ["id"]}',
      signal,
      onOutput: (bytes) => void (text += bytes.toString('utf8')),
    })
    await new Promise((wake) => setTimeout(wake, 300))
    process.kill(worker, 'SIGCONT')
    expect(await answer).toMatchObject({ status: 200 })
    expect(text).toContain(`(${slot})`)
  }, 30_000)
})

describe('run', () => {
  test('runs a program as the slot, without a shell', async () => {
    const { text, last } = await door('run', { argv: ['id', '-un'] })
    expect(text.trim()).toBe(slot)
    expect(last).toEqual({ exitCode: 0, stderr: '' })
    const literal = await door('run', { argv: ['printf', '%s', '$(id) ; `id`'] })
    expect(literal.text).toBe('$(id) ; `id`')
  })

  test('hands over folder, environment, input, exit code and the end of the errors', async () => {
    const input = path.join(makeSite(), 'input')
    inSlot(`printf 'typed in' >${input}`)
    const { text, last } = await door('run', {
      argv: ['sh', '-c', 'pwd; echo "$GREETING"; cat; echo failed >&2; exit 7'],
      cwd: '/usr/share',
      env: { GREETING: 'hello' },
      stdinFile: input,
    })
    expect(text).toBe('/usr/share\nhello\ntyped in')
    expect(last).toEqual({ exitCode: 7, stderr: 'failed\n' })
  })

  test('streams bytes as they are', async () => {
    const answer = await askPhp(socketOf(), doorFile('run'), {
      body: JSON.stringify({ argv: ['head', '-c', '3000000', '/dev/zero'] }),
    })
    const end = Buffer.from('\n{"exitCode":0,"stderr":""}\n')
    expect(answer.body.length).toBe(3_000_000 + end.length)
    expect(answer.body.subarray(3_000_000)).toEqual(end)
  })

  test('says why a program did not start, and how it was ended', async () => {
    expect((await door('run', { argv: [] })).last).toHaveProperty('error')
    expect((await door('run', 'no JSON')).last).toHaveProperty('error')
    expect((await door('run', { argv: ['/nowhere/program'] })).last).not.toMatchObject({
      exitCode: 0,
    })
    expect((await door('run', { argv: ['sh', '-c', 'kill -9 $$'] })).last).toMatchObject({
      exitCode: 137,
    })
  })

  test('is ended by its label, with all that came of it', async () => {
    const running = door('run', {
      argv: ['sh', '-c', '(sleep 300 & sleep 300)'],
      label: 'task-7',
    })
    await eventually(() => expect(sleepsOf(slot)).toBe(2))
    expect((await door('stop', { label: 'another' })).last).toEqual({ ended: 0 })
    expect(sleepsOf(slot)).toBe(2)
    expect((await door('stop', { label: 'task-7' })).last).toEqual({ ended: 3 })
    expect((await running).last).toMatchObject({ exitCode: 143 })
    expect(sleepsOf(slot)).toBe(0)
  })
})

describe('eval', () => {
  test('runs PHP of ours with its input, and answers with what it returns', async () => {
    const source = '<?php return [$HD["a"], posix_getpwuid(posix_geteuid())["name"]];'
    const { last } = await door('eval', source, { HD_INPUT: '{"a": "ä"}' })
    expect(last).toEqual({ answer: ['ä', slot] })
  })

  test('takes nothing that is printed for the answer, also behind it', async () => {
    const source = `<?php
      register_shutdown_function(function () { while (ob_get_level()) ob_end_clean(); echo '{"answer": 2}'; });
      echo '{"answer": 3}';
      return 1;`
    expect((await door('eval', source)).last).toEqual({ answer: 1 })
  })

  test('tells of an exception, of an error, of source that is none, and of an end before the end', async () => {
    const broken = [
      '<?php throw new LogicException("no");',
      '<?php nowhere();',
      '<?php this is no PHP',
      '<?php str_repeat("x", PHP_INT_MAX);',
    ]
    for (const source of broken)
      expect((await door('eval', source)).last, source).toHaveProperty('error')
    expect((await door('eval', '<?php echo "so far"; exit;')).last).toEqual({
      error: 'It ended before its end.',
      printed: 'so far',
    })
  })

  test('leaves variables to the source as global ones, as applications expect them', async () => {
    const source =
      '<?php $mine = 7; function of_others() { return $GLOBALS["mine"]; } return of_others();'
    expect((await door('eval', source)).last).toEqual({ answer: 7 })
  })

  test('leaves a worker that knows nothing of it', async () => {
    const pid = '<?php return posix_getpid();'
    expect((await door('eval', pid)).last).not.toEqual((await door('eval', pid)).last)
  })
})

describe('normalise', () => {
  test('opens what PHP closed, and follows no link', async () => {
    const files = makeSite()
    const outside = path.join(`/var/lib/${machine.account}-slots`, slot, 'tmp/outside')
    inSlot(`
      umask 077; cd ${files}; rm -rf ./*; mkdir -p closed/deep; echo x >closed/deep/file; chmod 600 closed/deep/file
      mkdir nothing; chmod 000 nothing; mkfifo pipe
      echo secret >${outside}; chmod 600 ${outside}; ln -s ${outside} link`)
    const { last } = await door('normalise', { path: files })
    expect(last).toEqual({ changed: 5, failed: [] })
    expect(statSync(outside).mode & 0o777).toBe(0o600)
    const removed = machine.as(
      machine.account,
      `cat ${files}/closed/deep/file && rm -rf ${files}/*`,
    )
    expect(removed).toEqual({ exitCode: 0, stdout: 'x\n', stderr: '' })
    expect((await door('normalise', { path: files })).last).toEqual({ changed: 0, failed: [] })
  })

  test('leaves alone what belongs to others', async () => {
    const files = makeSite()
    machine.as(machine.account, `umask 077; echo mine >${files}/of-the-sandbox-user`)
    await door('normalise', { path: files })
    expect(statSync(path.join(files, 'of-the-sandbox-user')).mode & 0o777).toBe(0o600)
  })
})

describe('scrub', () => {
  test('makes the slot as new, and touches no other', async () => {
    const other = machine.slots[1] ?? ''
    const state = (user: string): string => path.join(`/var/lib/${machine.account}-slots`, user)
    const mine = ['tmp/a/b', 'sess/sess_1'].map((name) => path.join(state(slot), name))
    for (const user of [slot, other])
      inSlot(
        `cd ${state(user)}; mkdir -p tmp/a; echo x >tmp/a/b; echo x >sess/sess_1; chmod 0 tmp/a
        setsid sleep 300 >/dev/null 2>&1 </dev/null & mkdir -p /tmp/of-${user}/deep`,
        user,
      )
    const { last } = await door('scrub', {})
    expect(last).toMatchObject({ left: [], running: 0 })
    for (const file of [...mine, `/tmp/of-${slot}`]) expect(existsSync(file)).toBe(false)
    expect(sleepsOf(slot)).toBe(0)
    expect(sleepsOf(other)).toBe(1)
    expect(existsSync(path.join(state(other), 'sess/sess_1'))).toBe(true)
    expect(existsSync(`/tmp/of-${other}/deep`)).toBe(true)
    execFileSync('rm', ['-rf', `/tmp/of-${other}`])
  })
})

test('site code that includes a door gets nothing from it', async () => {
  const files = makeSite()
  const page = path.join(files, 'page.php')
  for (const name of ['run', 'eval', 'normalise', 'scrub', 'stop', 'lib']) {
    inSlot(
      `cat >${page}`.replace(
        'cat',
        `printf '%s' '<?php echo "before"; include "${doorFile(name)}"; echo "after";'`,
      ),
    )
    const answer = await askPhp(socketOf(), page, {
      body: '{"argv": ["id"]}',
      params: { HD_INPUT: '{}' },
    })
    expect(answer.body.toString('utf8'), name).toBe('before')
  }
})

function sleepsOf(user: string): number {
  try {
    return execFileSync('ps', ['-o', 'stat=,comm=', '-u', user], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => /^[^Z]\S* +sleep$/.test(line.trim())).length
  } catch {
    return 0
  }
}
