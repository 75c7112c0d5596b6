import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { BootstrapParameters } from '#shared/contract/bootstrap.ts'
import { renderBootstrap } from '../../main/bootstrap/script.ts'
import { bootstrapScript } from '../../tools/bootstrap-script.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import {
  type Ground,
  type HostingMachine,
  prepareGround,
  startHostingMachine,
} from '../support/hosting-machine.ts'
import { findNginxMaster } from '../support/nginx.ts'
import { mountOver } from '../support/other-files.ts'
import { findAccount } from '../support/sandbox-account.ts'

const inShell = (script: string): string =>
  execFileSync('sh', ['-ec', script], { encoding: 'utf8' })

describe('the bootstrap script', () => {
  let machine: HostingMachine
  let account: string

  beforeAll(async () => {
    machine = await startHostingMachine()
    account = machine.account
  }, 120_000)
  afterAll(() => machine.stop())

  test('says each thing that it changed, and nothing when it is run again', () => {
    expect(machine.said).toContain(`+ made account ${account}, which hosts`)
    expect(machine.said).toContain(`+ wrote /etc/${account}/php/fpm.conf`)
    const again = machine.bootstrap()
    expect(again).toContain('Nothing had to be changed.')
    expect(again).not.toMatch(/^\+/m)
  })

  test('writes down what the program needs to know', () => {
    const text = readFileSync(`/etc/${account}/machine.json`, 'utf8')
    expect(JSON.parse(text)).toMatchObject({
      format: 1,
      account,
      slots: machine.slots,
      httpPort: machine.httpPort,
    })
  })

  test('makes an account that is no root, has our key, a plain shell, and is not locked', () => {
    const line = readFileSync('/etc/passwd', 'utf8').match(new RegExp(`^${account}:.*$`, 'm'))?.[0]
    expect(line).toMatch(new RegExp(`^${account}:x:[1-9]\\d+:\\d+::/srv/${account}:/bin/bash$`))
    expect(inShell(`passwd -S ${account}`)).toMatch(new RegExp(`^${account} P `))
    const said = inShell(
      `ssh -i ${machine.keyFile} -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -p ${machine.sshPort} ${account}@127.0.0.1 id -Gn`,
    )
    expect(said.trim().split(' ')).toEqual([account, ...machine.slots])
  })

  test('gives nginx the one right to open low ports, and PHP’s master four of root’s', () => {
    const rights = (pid: number | string): string =>
      /^CapBnd:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''
    const bits = (...numbers: number[]): string =>
      numbers
        .reduce((sum, bit) => sum + 2 ** bit, 0)
        .toString(16)
        .padStart(16, '0')
    const [chown, kill, setgid, setuid, bindService] = [0, 5, 6, 7, 10]
    expect(rights(findNginxMaster(machine.home) ?? 0)).toBe(bits(bindService))
    const php = readFileSync(`/run/${account}-php/php.pid`, 'utf8').trim()
    expect(rights(php)).toBe(bits(chown, kill, setgid, setuid))
  })

  test('with more slots adds them, changes none that is there, and restarts nginx', async () => {
    const master = findNginxMaster(machine.home)
    const [first = ''] = machine.slots
    const pool = `/etc/${account}/php/pool.d/${first}.conf`
    const before = statSync(pool).mtimeMs
    const said = machine.bootstrap({ slots: 8 })
    expect(said).toContain(`+ made account ${account}08, a slot`)
    expect(said).toContain('log in anew')
    expect(said).not.toContain(`${first},`)
    expect(statSync(pool).mtimeMs).toBe(before)
    await eventually(() => {
      const now = findNginxMaster(machine.home)
      expect(now).toBeDefined()
      expect(now).not.toBe(master)
      expect(existsSync(`/run/${account}-php/${account}08.sock`)).toBe(true)
    })
    expect(() => machine.bootstrap({ slots: 7 })).toThrow(
      'Refused: there are 8 slots already, and sites may be in them; there can only be more.',
    )
  })

  test('with more slots takes no account of somebody else’s for one', () => {
    const name = `${account}09`
    inShell(`useradd --no-create-home ${name}`)
    onTestFinished(() => void inShell(`! getent passwd ${name} >/dev/null || userdel ${name}`))
    expect(() => machine.bootstrap({ slots: 9 })).toThrow(`there is an account ${name} that`)
    inShell(`userdel ${name}`)
    machine.query(`CREATE USER ${name}@localhost`)
    onTestFinished(() => void machine.query(`DROP USER ${name}@localhost`))
    expect(() => machine.bootstrap({ slots: 9 })).toThrow(`there is a database account ${name}`)
    expect(findAccount(name)).toBeUndefined()
  })

  test('gives the account its slots’ databases, and takes back the patterns of before', () => {
    const theirs = `${account}50_theirs`
    machine.query(`CREATE DATABASE ${theirs}`)
    onTestFinished(() => void machine.query(`DROP DATABASE ${theirs}`))
    const use = (database: string): string =>
      machine.as(account, `mariadb --socket=${machine.mariadb.socket} -e 'USE ${database}'`).stderr
    expect(use(theirs)).toContain('Access denied')
    for (const digits of ['__', '___'])
      machine.query(`GRANT ALL ON \`${account}${digits}\\_%\`.* TO ${account}@localhost`)
    machine.query(`REVOKE ALL ON \`${account}01\\_%\`.* FROM ${account}@localhost`)
    expect(use(theirs)).toBe('')
    expect(machine.bootstrap({ slots: 8 })).not.toContain('Nothing had to be changed.')
    expect(use(theirs)).toContain('Access denied')
    for (const slot of ['01', '08'])
      expect(use(`${account}${slot}_none`)).toContain('Unknown database')
    expect(machine.bootstrap({ slots: 8 })).toContain('Nothing had to be changed.')
  })

  describe.each([
    ['nginx', 'nginx'],
    ['php', 'PHP'],
  ])('where %s was killed', (name, title) => {
    const pidFile = (): string => `/run/${account}-php/${name}.pid`
    const kill = async (): Promise<void> => {
      const pid = readFileSync(pidFile(), 'utf8').trim()
      inShell(`kill -KILL ${pid}`)
      await eventually(() => expect(() => readFileSync(`/proc/${pid}/cmdline`)).toThrow())
    }
    const expectStarted = async (): Promise<void> => {
      expect(machine.bootstrap({ slots: 8 })).toContain(`+ started ${title}`)
      const pid = readFileSync(pidFile(), 'utf8').trim()
      await eventually(() =>
        expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toMatch(/: master process/),
      )
      expect(machine.bootstrap({ slots: 8 })).toContain('Nothing had to be changed.')
    }

    test('starts it again', async () => {
      await kill()
      await expectStarted()
    })

    test('starts it again, though nobody has collected it', async () => {
      await kill()
      const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'])
      onTestFinished(() => void parent.kill())
      const [line] = (await once(parent.stdout, 'data')) as [Buffer]
      const dead = line.toString().trim()
      await eventually(() => expect(readFileSync(`/proc/${dead}/stat`, 'utf8')).toContain(') Z '))
      writeFileSync(pidFile(), `${dead}\n`)
      await expectStarted()
    })

    test('starts it again, and leaves alone whoever has its number now', async () => {
      await kill()
      const other = spawn('sleep', ['60'])
      onTestFinished(() => void other.kill())
      writeFileSync(pidFile(), `${other.pid}\n`)
      await expectStarted()
      expect(other.exitCode ?? other.signalCode).toBe(null)
    })
  })

  test('does not take nginx for started where it cannot start', async () => {
    const conf = path.join(machine.home, 'nginx/nginx.conf')
    const before = readFileSync(conf, 'utf8')
    inShell(`kill -KILL ${findNginxMaster(machine.home)}`)
    await eventually(() => expect(findNginxMaster(machine.home)).toBeUndefined())
    writeFileSync(conf, `${before}\nnonsense;\n`)
    try {
      expect(() => machine.bootstrap({ slots: 8 })).toThrow('Failed: nginx did not start')
    } finally {
      writeFileSync(conf, before)
    }
    expect(machine.bootstrap({ slots: 8 })).toContain('+ started nginx')
  }, 30_000)

  test('lets one more key in, and leaves the others', () => {
    const { publicKey } = BootstrapParameters.parse({ publicKey: 'ssh-ed25519 AAAAone another' })
    const keys = (): string[] =>
      readFileSync(path.join(machine.home, '.ssh/authorized_keys'), 'utf8').trim().split('\n')
    const before = keys()
    expect(machine.bootstrap({ slots: 8, publicKey })).toContain('+ let the key in')
    expect(keys()).toEqual([...before, publicKey])
  })

  test('goes through no link that the account has planted, as root', () => {
    const target = mkdtempSync(path.join(tmpdir(), 'hosting-desk-target-'))
    onTestFinished(() => rmSync(target, { recursive: true }))
    const planted = machine.as(
      account,
      `cd; mv .ssh ssh; ln -s ${target} .ssh; mv slots/${account}08 aside; ln -s ${target} slots/${account}08`,
    )
    expect(planted.stderr).toBe('')
    try {
      machine.bootstrap({ slots: 8, publicKey: 'ssh-ed25519 AAAAtwo planted' })
    } catch (error) {
      expect(String(error)).toContain('Permission denied')
    }
    expect(readdirSync(target)).toEqual([])
    expect(statSync(target).uid).toBe(0)
    machine.as(account, `cd; rm .ssh slots/${account}08; mv ssh .ssh; mv aside slots/${account}08`)
  })

  test('does not remove what is in use, unless that is said', () => {
    const file = path.join(machine.home, 'slots', `${account}01`, 'www.example.com')
    writeFileSync(file, '')
    expect(() => machine.bootstrap({}, '--remove')).toThrow(`Refused: ${file} is still there`)
    rmSync(file)
    machine.query(`CREATE DATABASE ${account}01_main`)
    expect(() => machine.bootstrap({}, '--remove')).toThrow(`the database ${account}01_main`)
    machine.query(`DROP DATABASE ${account}01_main`)
    expect(findAccount(account)).toBeDefined()
  })

  test('is taken back as a whole, and nothing of somebody else’s with it', () => {
    const other = `${account}50`
    inShell(`useradd --no-create-home ${other}; echo ${other} >>/etc/cron.deny`)
    onTestFinished(
      () =>
        void inShell(
          `! getent passwd ${other} >/dev/null || userdel ${other}; sed -i '/^${other}$/d' /etc/cron.deny`,
        ),
    )
    machine.query(`CREATE USER ${other}@localhost; CREATE DATABASE ${other}_theirs`)
    const named = `${account}01_a\`; DROP DATABASE ${other}_theirs; -- x`
    machine.query(`CREATE DATABASE \`${named.replaceAll('`', '``')}\``)

    const said = machine.bootstrap({}, '--remove', '--with-data')
    expect(said).toContain(`+ removed account ${account}`)
    expect(said).not.toContain('MariaDB does not answer')
    expect(findAccount(other)).toBeDefined()
    expect(readFileSync('/etc/cron.deny', 'utf8').split('\n')).toContain(other)
    expect(machine.query('SELECT User FROM mysql.global_priv').split('\n')).toContain(other)
    const names = machine.query('SHOW DATABASES').split('\n')
    expect(names.filter((name) => name.startsWith(account))).toEqual([`${other}_theirs`])

    inShell(`userdel ${other}; sed -i '/^${other}$/d' /etc/cron.deny`)
    machine.query(`DROP USER ${other}@localhost; DROP DATABASE ${other}_theirs`)
    const folders = ['/run', '/var/lib', '/var/log', '/usr/local/lib'].flatMap((folder) => [
      `${folder}/${account}`,
      `${folder}/${account}-*`,
    ])
    const left = inShell(
      `ls -d /srv/${account} /etc/${account} ${folders.join(' ')} 2>/dev/null || true
       grep -hE '^${account}[0-9]*(:|$)' /etc/passwd /etc/group /etc/cron.deny || true
       ps -eo user:32 | grep -E '^${account}[0-9]* *$' || true`,
    )
    expect(left).toBe('')
    expect(machine.query('SELECT User FROM mysql.global_priv')).not.toContain(account)
    expect(machine.bootstrap({}, '--remove')).toContain('There is nothing of this account')
  })
})

describe('before anything is changed, the script refuses', () => {
  let ground: Ground

  beforeAll(async () => {
    ground = await prepareGround({ name: 'hdbare', slots: 2 })
  }, 120_000)
  afterAll(() => ground.clear())

  const expectUntouched = (): void => {
    expect(findAccount(ground.account)).toBeUndefined()
    expect(existsSync(`/etc/${ground.account}`)).toBe(false)
    expect(existsSync(`/srv/${ground.account}`)).toBe(false)
  }

  /** Runs it where some files of the system are others. */
  function refusalWith(files: Readonly<Record<string, string>>): string {
    const ran = spawnSync('unshare', ['-m', 'sh', '-ec', `${mountOver(files)}\nexec sh -s`], {
      input: renderBootstrap(bootstrapScript(), ground.parameters),
      encoding: 'utf8',
    })
    expect(ran.status).toBe(1)
    expect(ran.stdout).toBe('')
    expectUntouched()
    return ran.stderr.trim()
  }

  test.each([
    [
      'ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian 11"',
      'this is Debian 11; Debian 12 or newer is needed.',
    ],
    [
      'ID=ubuntu\nVERSION_ID="22.04"\nPRETTY_NAME="Ubuntu 22.04"',
      'this is Ubuntu 22.04; Ubuntu 24.04 or newer is needed.',
    ],
    [
      'ID=fedora\nVERSION_ID=43\nPRETTY_NAME="Fedora 43"',
      'this is Fedora 43; Debian 12 or newer, or Ubuntu 24.04 or newer is needed.',
    ],
    ['ID=debian\nPRETTY_NAME="Debian sid"', 'this is Debian sid; Debian 12 or newer is needed.'],
  ])('another system: %j', (release, reason) => {
    expect(refusalWith({ '/etc/os-release': release })).toBe(`Refused: ${reason}`)
  })

  test('a Node that is too old', () => {
    const node = '#!/bin/sh\necho v16.20.2\n'
    expect(refusalWith({ '/usr/bin/node': node })).toBe(
      'Refused: Node 18 or newer is needed; installed is 16.20.2.',
    )
  })

  test.each([
    [{ account: 'Hd' }, "the account's name must be 2 to 16 small letters."],
    [{ account: '' }, "the account's name must be 2 to 16 small letters."],
    [{ account: 'ssh' }, 'there is /etc/ssh, which this script did not make; choose another name.'],
    [{ slots: 0 }, 'the number of slots must be 1 to 999.'],
    [{ httpPort: 70_000 }, '70000 is no port.'],
    [{ httpPort: 8080, httpsPort: 8080 }, 'HTTP and HTTPS need a port each.'],
    [{ publicKey: 'AAAA' }, 'public_key must be one line of a .pub file.'],
  ] as const)('what cannot be: %j', (changed, reason) => {
    expect(() => ground.bootstrap(changed)).toThrow(`Refused: ${reason}`)
    expectUntouched()
  })

  test('to be run by anybody but root', () => {
    const script = renderBootstrap(bootstrapScript(), ground.parameters)
    const ran = spawnSync(
      'setpriv',
      ['--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', 'sh', '-s'],
      { input: script, encoding: 'utf8' },
    )
    expect(ran.stderr.trim()).toBe('Refused: this must be run as root.')
  })

  test('a database account that is somebody else’s', () => {
    ground.mariadb.query(`CREATE USER ${ground.account}02@localhost`)
    expect(() => ground.bootstrap()).toThrow(`there is a database account ${ground.account}02`)
    ground.mariadb.query(`DROP USER ${ground.account}02@localhost`)
    expectUntouched()
  })

  test('to remove what it has not made', () => {
    for (const account of ['ssh', 'root', 'daemon'])
      expect(ground.bootstrap({ account }, '--remove', '--with-data')).toContain('There is nothing')
    expect(() => ground.bootstrap({ account: '' }, '--remove')).toThrow('2 to 16 small letters')
    expect(existsSync('/etc/ssh')).toBe(true)
  })

  test('but another port is taken where somebody listens on the wanted one', async () => {
    const other = createServer()
    const port = await freePort()
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
    const said = ground.bootstrap({ httpPort: port })
    await new Promise((resolve) => other.close(resolve))
    expect(said).toMatch(new RegExp(`\\+ took port \\d+, as something else listens on ${port}`))
    const { httpPort } = JSON.parse(
      readFileSync(`/etc/${ground.account}/machine.json`, 'utf8'),
    ) as { httpPort: number }
    expect(httpPort).not.toBe(port)
    // It stays there, also when the other one has gone.
    expect(ground.bootstrap({ httpPort: port })).toContain(`ports ${httpPort} and`)
    ground.bootstrap({}, '--remove')
  })
})

describe('the units', () => {
  test('are what systemd understands, and give away little', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'hosting-desk-units-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const version = /php-fpm(\S+)/.exec(readdirSync('/usr/sbin').join(' '))?.[1] ?? ''
    const functions = bootstrapScript().replace(/^hosting_desk_bootstrap "\$@".*$/m, '')
    const unit = (name: string): string => path.join(folder, name)
    inShell(`${functions}
      account=daemon; name_things
      nginx=/usr/sbin/nginx php_fpm=/usr/sbin/php-fpm${version}
      nginx_unit=${unit('daemon-nginx.service')} php_unit=${unit('daemon-php.service')} upgrade_unit=${unit('daemon-upgrade')}
      write_nginx_unit; write_php_unit; write_upgrade_units`)
    const units = readdirSync(folder).sort()
    expect(units).toEqual([
      'daemon-nginx.service',
      'daemon-php.service',
      'daemon-upgrade.path',
      'daemon-upgrade.service',
    ])
    const verify = spawnSync('systemd-analyze', ['verify', ...units.map(unit)], {
      encoding: 'utf8',
    })
    expect(verify.stderr.split('\n').filter((line) => line.includes('daemon-'))).toEqual([])
    const exposure = (name: string): number => {
      const argv = ['security', '--offline=true', '--no-pager', unit(name)]
      const { stdout } = spawnSync('systemd-analyze', argv, { encoding: 'utf8' })
      return Number(/exposure level for [^:]*: ([\d.]+)/.exec(stdout)?.[1])
    }
    expect(exposure('daemon-nginx.service')).toBeLessThan(2)
    expect(exposure('daemon-php.service')).toBeLessThan(3.5)
  })
})
