import { execFile } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import ssh2 from 'ssh2'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DemoHarness, endOf, openExec, run, sha256 } from '../../support/demo.ts'
import { eventually } from '../../support/eventually.ts'

const runFile = promisify(execFile)
let harness: DemoHarness

beforeEach(async () => {
  harness = await DemoHarness.open()
})
afterEach(() => harness.close())

describe('the demo server over SSH', () => {
  test('runs a command with its input, its output, its errors and its exit code', async () => {
    const client = await harness.connect()
    const result = await run(client, 'cat; echo oops >&2; exit 7', 'in\n')
    expect(result).toEqual({ code: 7, signal: undefined, out: Buffer.from('in\n'), err: 'oops\n' })
  })

  test('is never root, and its account has a home of its own and node on its path', async () => {
    const client = await harness.connect()
    const { out } = await run(client, 'id -u; cd && pwd -P; node --version; touch "$HOME/mine"')
    const [uid, home, version] = out.toString().split('\n')
    expect(Number(uid)).toBeGreaterThan(0)
    expect(home).toBe(harness.facts.home)
    expect(version).toBe(process.version)
    expect((await stat(path.join(harness.facts.home, 'mine'))).uid).toBe(Number(uid))
    expect((await stat(harness.facts.home)).mode & 0o777).toBe(0o700)
  })

  test('gives a command nothing of the environment of this process', async () => {
    process.env['DESK_TEST_SECRET'] = 'secret-of-this-process'
    const { out } = await run(await harness.connect(), 'env')
    delete process.env['DESK_TEST_SECRET']
    expect(out.toString()).not.toContain('secret-of-this-process')
    expect(out.toString()).toContain(`HOME=${harness.facts.home}`)
  })

  test('carries many megabytes each way unchanged', async () => {
    const bytes = Buffer.alloc(24 * 1024 * 1024, 'abcdefgh-0123456789')
    const { out, err } = await run(await harness.connect(), KEEP_AND_SEND_BACK, bytes)
    expect(sha256(out)).toBe(sha256(bytes))
    expect(sha256(err)).toBe(sha256(bytes))
  })

  test('holds a command back whose output nobody reads', async () => {
    const channel = await openExec(await harness.connect(), `node -e "${FAST_WRITER}"`)
    const end = endOf(channel)
    channel.pause()
    const said = () => readFile(path.join(harness.facts.home, 'said'), 'utf8')
    await eventually(async () => expect(await said()).toBe('waiting'))
    channel.resume()
    expect((await end).out.length).toBe(20 * 1024 * 1024)
    expect(await said()).toBe('done')
  })

  test('serves ten commands of one connection at once', async () => {
    const client = await harness.connect()
    const channels = await Promise.all(
      Array.from({ length: 10 }, () => openExec(client, 'read line; echo "$line"')),
    )
    const results = channels.map(endOf)
    channels.forEach((channel, index) => channel.end(`line ${index}\n`))
    const lines = (await Promise.all(results)).map(({ out }) => out.toString())
    expect(lines).toEqual(channels.map((_, index) => `line ${index}\n`))
  })

  test('passes a signal on and says which one ended the command', async () => {
    const channel = await openExec(await harness.connect(), 'echo ready; sleep 60')
    const result = endOf(channel)
    await new Promise((resolve) => channel.once('data', resolve))
    channel.signal('TERM')
    expect((await result).signal).toBe('SIGTERM')
  })

  test('ends neither a command that a closed channel left behind nor one that detached itself', async () => {
    const client = await harness.connect()
    await run(
      client,
      'setsid sh -c "sleep 1; echo there > $HOME/late" > /dev/null 2>&1 < /dev/null &',
    )
    client.end()
    await harness.demo.stop()
    await eventually(async () =>
      expect(await readFile(path.join(harness.facts.home, 'late'), 'utf8')).toBe('there\n'),
    )
  })

  test('passes the end of the connection on as the end of input', async () => {
    const client = await harness.connect()
    const channel = await openExec(client, 'echo ready; cat > /dev/null; echo over > "$HOME/over"')
    await new Promise((resolve) => channel.once('data', resolve))
    client.destroy()
    await eventually(async () =>
      expect(await readFile(path.join(harness.facts.home, 'over'), 'utf8')).toBe('over\n'),
    )
  })

  test('lets in nobody with another key, another name or a password', async () => {
    const other = ssh2.utils.generateKeyPairSync('ed25519').private
    const refused = /authentication methods failed/
    await expect(harness.connect({ privateKey: other })).rejects.toThrow(refused)
    await expect(harness.connect({ username: 'root' })).rejects.toThrow(refused)
    const withPassword = { password: 'x', username: harness.facts.user }
    await expect(
      harness.connect({ ...withPassword, authHandler: [{ type: 'password', ...withPassword }] }),
    ).rejects.toThrow(refused)
  })

  test('opens no terminal, no shell, no file transfer and no way to other ports', async () => {
    const client = await harness.connect()
    const failure = (start: (done: (error?: Error) => void) => void) =>
      new Promise<Error | undefined>((resolve) => start(resolve))
    expect(await failure((done) => client.shell(done))).toBeInstanceOf(Error)
    expect(await failure((done) => client.exec('id', { pty: true }, done))).toBeInstanceOf(Error)
    expect(await failure((done) => client.sftp(done))).toBeInstanceOf(Error)
    expect(
      await failure((done) => client.forwardOut('127.0.0.1', 0, '127.0.0.1', 22, done)),
    ).toBeInstanceOf(Error)
    expect(await failure((done) => client.forwardIn('127.0.0.1', 0, done))).toBeInstanceOf(Error)
  })

  test('is understood by the ssh of OpenSSH', async () => {
    const known = path.join(harness.data, 'known_hosts')
    await writeFile(
      known,
      `[127.0.0.1]:${harness.facts.sshPort} ssh-ed25519 ${harness.facts.hostKey.key}\n`,
    )
    const options = ['-F', 'none', '-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${known}`]
    const login = [
      '-i',
      harness.facts.clientKeyFile,
      '-p',
      `${harness.facts.sshPort}`,
      `${harness.facts.user}@127.0.0.1`,
    ]
    const { stdout } = await runFile('ssh', [...options, ...login, 'echo "hello $((6*7))"'])
    expect(stdout).toBe('hello 42\n')
  })
})

const KEEP_AND_SEND_BACK = 'cat > "$HOME/kept"; cat "$HOME/kept"; cat "$HOME/kept" >&2'

/** Writes 20 MB as fast as it may; a file says that it has been waiting for 300 ms to go on, or that it is done. */
const FAST_WRITER = `
  const say = (word) => fs.writeFileSync(process.env.HOME + '/said', word);
  let written = 0, timer;
  const go = () => {
    clearTimeout(timer);
    while (written++ < 320) {
      if (process.stdout.write(Buffer.alloc(65536))) continue;
      timer = setTimeout(say, 300, 'waiting');
      return process.stdout.once('drain', go);
    }
    say('done');
  };
  go();`
