import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findRoute } from '../../../main/ssh/route.ts'
import { findHostConfig, listSshHosts, readSshConfig } from '../../../main/ssh/ssh-config.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hosting-desk-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (text: string, name = 'config'): void => writeFileSync(path.join(folder, name), text)
const routeOf = async (host: string, port = 22) =>
  findRoute(await readSshConfig(folder), { host, port })
const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  )

describe('the hosts of ~/.ssh/config', () => {
  test('are listed as the form can take them, without patterns', async () => {
    write(
      'Host web1 web2\n  HostName %h.example.com\n  User hosting\n  Port 2222\n  IdentityFile ~/.ssh/web\nHost *\n  User me\nHost !no bad*\n',
    )
    expect(await listSshHosts(folder)).toEqual([
      {
        alias: 'web1',
        host: 'web1.example.com',
        port: 2222,
        user: 'hosting',
        keyFile: '~/.ssh/web',
      },
      {
        alias: 'web2',
        host: 'web2.example.com',
        port: 2222,
        user: 'hosting',
        keyFile: '~/.ssh/web',
      },
    ])
  })

  test('are none where there is no file, or one that makes no sense', async () => {
    expect(await listSshHosts(folder)).toEqual([])
    write('Host "\n\u0000\u0001 Port Port\n')
    expect(Array.isArray(await listSshHosts(folder))).toBe(true)
  })

  test('are also those of included files, and a file that includes itself ends', async () => {
    write('Include config.d-*\nInclude config\nHost one\n  HostName one.example.com\n')
    write('Host two\n  HostName two.example.com\n', 'config.d-a')
    expect((await listSshHosts(folder)).map(({ alias }) => alias).sort()).toEqual(['one', 'two'])
  })

  test('take the first value that is said, as OpenSSH does', async () => {
    write('Host web\n  Port 1000\nHost *\n  Port 2000\n')
    expect(findHostConfig(await readSshConfig(folder), 'web').port).toBe(1000)
  })

  test('run nothing: Match exec is not asked', async () => {
    const mark = path.join(folder, 'ran')
    write(`Match exec "touch ${mark}"\n  HostName evil.example.com\n`)
    expect(findHostConfig(await readSshConfig(folder), 'web').hostName).toBe('web')
    expect(existsSync(mark)).toBe(false)
  })
})

describe('the route to an address', () => {
  test('is the address where the configuration says nothing', async () => {
    expect(await routeOf('web', 2222)).toEqual({ host: 'web', port: 2222, jumps: [] })
  })

  test('goes over jump hosts in their order', async () => {
    write(
      'Host web\n  HostName 10.0.0.1\n  ProxyJump me@one:2200,two\nHost two\n  HostName two.example.com\n  User you\n  IdentityFile /key\n',
    )
    expect(await routeOf('web')).toEqual({
      host: '10.0.0.1',
      port: 22,
      jumps: [
        { host: 'one', port: 2200, user: 'me', keyFile: null },
        { host: 'two.example.com', port: 22, user: 'you', keyFile: '/key' },
      ],
    })
  })

  test.each([
    ['a ProxyCommand', 'ProxyCommand nc %h %p'],
    ['a jump host that is behind another', 'ProxyJump me@nested'],
    ['five jump hosts', 'ProxyJump a@a,a@b,a@c,a@d,a@e'],
    ['a jump host with a hostile name', 'ProxyJump me@$(id)'],
    ['a jump host with an absurd port', 'ProxyJump me@one:99999'],
  ])('is refused with %s', async (_what, line) => {
    write(`Host web\n  ${line}\nHost nested\n  ProxyJump me@other\n`)
    expect(await codeOf(routeOf('web'))).toBe('ssh.proxy-unsupported')
  })

  test('takes no ProxyJump none for one', async () => {
    write('Host web\n  ProxyJump none\n  ProxyCommand none\n')
    expect((await routeOf('web')).jumps).toEqual([])
  })
})
