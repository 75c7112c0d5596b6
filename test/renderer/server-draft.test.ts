import { describe, expect, test } from 'vitest'
import {
  emptyServerDraft,
  suggestTitle,
  toAddress,
  toSecrets,
  toServerFacts,
  withSshHost,
  type ServerDraft,
} from '../../renderer/lib/server-draft.ts'

const aDraft = (changed: Partial<ServerDraft> = {}): ServerDraft => ({
  ...emptyServerDraft(),
  host: 'web1.example.com',
  user: 'hosting',
  title: 'web1',
  ...changed,
})
const problemsOf = (changed: Partial<ServerDraft>): string[] => {
  const result = toAddress(aDraft(changed))
  return 'problems' in result ? Object.keys(result.problems) : []
}

describe('the address of a new server', () => {
  test('is taken as typed, without the spaces around', () => {
    expect(toAddress(aDraft({ host: '  web1.example.com ', port: ' 2222 ' }))).toEqual({
      address: {
        host: 'web1.example.com',
        port: 2222,
        user: 'hosting',
        login: { method: 'agent' },
      },
    })
  })

  test.each(['', '0', '65536', '22.5', '-1', '1e3', '0x16', 'ssh'])(
    'port “%s” is refused',
    (port) => {
      expect(problemsOf({ port })).toEqual(['port'])
    },
  )

  test.each([
    '',
    ' ',
    'a b',
    '$(id)',
    "a'b",
    '-oProxyCommand=x',
    'a/../b',
    'x'.repeat(300),
    'a\nb',
  ])('host “%s” is refused', (host) => {
    expect(problemsOf({ host })).toEqual(['host'])
  })

  test('several problems come at once, each at its field', () => {
    expect(problemsOf({ host: '', port: '0', user: '-x', method: 'key', keyFile: '' })).toEqual([
      'host',
      'port',
      'user',
      'login.keyFile',
    ])
  })
})

test('secrets belong to the login that needs them, and to no other', () => {
  const typed = { password: 'a', passphrase: 'b' }
  expect(toSecrets(aDraft({ ...typed, method: 'agent' }))).toBeUndefined()
  expect(toSecrets(aDraft({ ...typed, method: 'key' }))).toEqual({ passphrase: 'b' })
  expect(toSecrets(aDraft({ ...typed, method: 'password' }))).toEqual({ password: 'a' })
  expect(toSecrets(aDraft({ method: 'password' }))).toBeUndefined()
})

test('a web port may be left out, but not be wrong', () => {
  expect(toServerFacts(aDraft({ servicePort: '' }))).toEqual({
    facts: { title: 'web1', servicePort: null },
  })
  expect(toServerFacts(aDraft({ servicePort: '0', title: '' }))).toMatchObject({
    problems: { title: 'This needs a name.', servicePort: expect.any(String) as string },
  })
})

test('a Host of the SSH configuration fills the form', () => {
  const host = { alias: 'shop', host: '192.0.2.7', port: 2200, user: null, keyFile: '~/.ssh/shop' }
  expect(withSshHost(aDraft({ title: '' }), host)).toMatchObject({
    host: 'shop',
    port: '2200',
    user: 'hosting',
    method: 'key',
    keyFile: '~/.ssh/shop',
    title: 'shop',
  })
})

test('a name is suggested from a host name, not cut from an address', () => {
  expect(suggestTitle('web1.example.com')).toBe('web1')
  expect(suggestTitle('192.0.2.10')).toBe('192.0.2.10')
  expect(suggestTitle('fe80::1')).toBe('fe80::1')
})
