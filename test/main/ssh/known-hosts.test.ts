import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  findKnownKeys,
  knownHostKeys,
  matchesPattern,
  parseKnownHosts,
} from '../../../main/ssh/known-hosts.ts'

const hashed = (name: string): string => {
  const salt = Buffer.from('some salt of twenty!')
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}
const keysOf = (text: string, host: string, port = 22): string[] =>
  findKnownKeys(parseKnownHosts(text), host, port).known.map(({ key }) => key)

describe('known_hosts', () => {
  test.each([
    ['a plain name', 'host ssh-ed25519 AAAA', 'host', 22, true],
    ['a name in another case', 'Host ssh-ed25519 AAAA', 'hOST', 22, true],
    ['one of several names', 'other,host,192.0.2.1 ssh-ed25519 AAAA', '192.0.2.1', 22, true],
    ['another name', 'other ssh-ed25519 AAAA', 'host', 22, false],
    ['a port of its own', '[host]:2222 ssh-ed25519 AAAA', 'host', 2222, true],
    ['another port', '[host]:2222 ssh-ed25519 AAAA', 'host', 22, false],
    ['no port, and another one asked for', 'host ssh-ed25519 AAAA', 'host', 2222, false],
    ['a wildcard', '*.example.com ssh-ed25519 AAAA', 'a.example.com', 22, true],
    ['a question mark', 'web? ssh-ed25519 AAAA', 'web1', 22, true],
    [
      'a wildcard and a negation',
      '*.example.com,!b.example.com ssh-ed25519 AAAA',
      'b.example.com',
      22,
      false,
    ],
    ['a negation alone', '!host ssh-ed25519 AAAA', 'host', 22, false],
    ['a hashed name', `${hashed('host')} ssh-ed25519 AAAA`, 'host', 22, true],
    [
      'a hashed name with its port',
      `${hashed('[host]:2222')} ssh-ed25519 AAAA`,
      'host',
      2222,
      true,
    ],
    ['another hashed name', `${hashed('other')} ssh-ed25519 AAAA`, 'host', 22, false],
    ['an unknown kind of hash', '|2|a|b ssh-ed25519 AAAA', 'host', 22, false],
    ['IPv6', '[2001:db8::1]:2222 ssh-ed25519 AAAA', '2001:db8::1', 2222, true],
    ['a comment', '# host ssh-ed25519 AAAA', 'host', 22, false],
    ['an authority', '@cert-authority host ssh-ed25519 AAAA', 'host', 22, false],
    ['half a line', 'host ssh-ed25519', 'host', 22, false],
    ['tabs and a comment behind', '\thost\tssh-ed25519\tAAAA\tme@there', 'host', 22, true],
  ])('%s', (_what, text, host, port, isKnown) => {
    expect(keysOf(text, host, port)).toEqual(isKnown ? ['AAAA'] : [])
  })

  test('gives every key of a host, from every line', () => {
    expect(keysOf('host ssh-rsa AAAA\r\n\nh* ssh-ed25519 BBBB\n', 'host')).toEqual(['AAAA', 'BBBB'])
  })

  test('lists the keys of hosts, each once', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'known-hosts-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const lines = ['web1 ssh-ed25519 AAAA', 'web*,!web2 ssh-ed25519 AAAA', 'web2 ssh-rsa BBBB']
    writeFileSync(path.join(folder, 'known_hosts'), `${lines.join('\n')}\n`)
    const hosts = ['web1', 'web1', 'web2', 'web3.example'].map((host) => ({ host, port: 22 }))
    expect(await knownHostKeys(folder, hosts)).toMatchObject([
      { host: 'web1', port: 22, type: 'ssh-ed25519', key: 'AAAA' },
      { host: 'web2', port: 22, type: 'ssh-rsa', key: 'BBBB' },
      { host: 'web3.example', port: 22, type: 'ssh-ed25519', key: 'AAAA' },
    ])
  })

  test('tells revoked keys apart', () => {
    const found = findKnownKeys(
      parseKnownHosts('@revoked * ssh-rsa AAAA\nhost ssh-rsa AAAA'),
      'host',
      22,
    )
    expect(found.revoked.map(({ key }) => key)).toEqual(['AAAA'])
  })

  test('takes no time over a pattern of stars', () => {
    const startedAt = performance.now()
    expect(matchesPattern('*a'.repeat(200), 'a'.repeat(2000) + 'b')).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(500)
  })
})
