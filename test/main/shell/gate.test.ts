import { beforeEach, describe, expect, test } from 'vitest'
import { Gate } from '../../../main/shell/headless/gate.ts'

let gate: Gate
beforeEach(() => {
  gate = new Gate(8123, 'a session key')
})

const ask = (url: string, headers: Record<string, string> = {}) =>
  gate.admit({ url, headers: { host: '127.0.0.1:8123', ...headers } })
const pathOf = (address: string): string => address.slice('http://127.0.0.1:8123'.length)

describe('the gate of the headless shell', () => {
  test('turns the one-time token into a cookie that lets in from then on', () => {
    const exchange = ask(pathOf(gate.address))
    if (exchange.state !== 'exchange') throw new Error(exchange.state)
    expect(exchange.cookie).toMatch(/HttpOnly; SameSite=Strict$/)
    const [cookie = ''] = exchange.cookie.split(';')
    expect(ask('/', { cookie })).toEqual({ state: 'admitted' })
    expect(ask('/', { cookie: `other=1; ${cookie}` })).toEqual({ state: 'admitted' })
  })

  test('takes a token once only, and has a new one then', () => {
    const first = gate.address
    expect(ask(pathOf(first)).state).toBe('exchange')
    expect(ask(pathOf(first)).state).toBe('refused')
    expect(gate.address).not.toBe(first)
    expect(ask(pathOf(gate.address)).state).toBe('exchange')
  })

  test('refuses who brings nothing, or a cookie that is none of ours', () => {
    expect(ask('/').state).toBe('refused')
    expect(ask('/', { cookie: 'hosting-desk-8123=guess' }).state).toBe('refused')
    expect(ask('/?token=').state).toBe('refused')
  })

  test('refuses an address that cannot be parsed like any other', () => {
    for (const url of ['//', '//:', 'http://[', '/%', '*', ''])
      expect(ask(url)).toMatchObject({ state: 'refused', status: 403 })
    expect(ask(`//?${pathOf(gate.address).split('?')[1] ?? ''}`).state).toBe('exchange')
  })

  test('refuses a host name that leads here from elsewhere, whatever it brings', () => {
    expect(ask(pathOf(gate.address), { host: 'evil.example:8123' })).toMatchObject({ status: 421 })
    expect(ask(pathOf(gate.address), { host: '127.0.0.1:9999' })).toMatchObject({ status: 421 })
  })

  test('refuses a page of another origin, also with the cookie', () => {
    const exchange = ask(pathOf(gate.address))
    const cookie = exchange.state === 'exchange' ? (exchange.cookie.split(';')[0] ?? '') : ''
    expect(ask('/rpc', { cookie, origin: 'http://127.0.0.1:8123' }).state).toBe('admitted')
    for (const origin of [
      'http://evil.example',
      'null',
      'http://127.0.0.1:9999',
      'https://127.0.0.1:8123',
    ]) {
      expect(ask('/rpc', { cookie, origin })).toMatchObject({ status: 403 })
    }
  })
})
