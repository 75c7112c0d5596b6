import { describe, expect, test } from 'vitest'
import {
  judgeHostKey,
  preferredAlgorithms,
  toHostKey,
  toPublicKey,
  type KnownKeys,
} from '../../../main/ssh/host-key.ts'

const ed = { type: 'ssh-ed25519', key: 'AAAAed' }
const rsa = { type: 'ssh-rsa', key: 'AAAArsa' }
const other = { type: 'ssh-ed25519', key: 'AAAAother' }
const knowing = (changed: Partial<KnownKeys> = {}): KnownKeys => ({
  own: [],
  known: [],
  revoked: [],
  ...changed,
})

describe('the verdict on a host key', () => {
  test('is unknown where nothing is known', () => {
    expect(judgeHostKey(ed, knowing())).toBe('unknown')
  })
  test('is known where one of several keys is the shown one', () => {
    expect(judgeHostKey(ed, knowing({ known: [rsa, ed] }))).toBe('known')
  })
  test('is changed where only others are known, of whatever type', () => {
    expect(judgeHostKey(ed, knowing({ known: [other] }))).toBe('changed')
    expect(judgeHostKey(ed, knowing({ known: [rsa] }))).toBe('changed')
  })
  test('goes by our own list where that names the host', () => {
    expect(judgeHostKey(ed, knowing({ own: [ed], known: [other] }))).toBe('known')
    expect(judgeHostKey(ed, knowing({ own: [other], known: [ed] }))).toBe('changed')
  })
  test('is revoked whatever else is known', () => {
    expect(judgeHostKey(ed, knowing({ own: [ed], known: [ed], revoked: [ed] }))).toBe('revoked')
  })
})

describe('the algorithms that are offered', () => {
  test('begin with those of known keys', () => {
    expect(preferredAlgorithms(knowing({ known: [rsa] })).slice(0, 2)).toEqual([
      'rsa-sha2-512',
      'rsa-sha2-256',
    ])
    expect(preferredAlgorithms(knowing({ own: [ed], known: [rsa] }))[0]).toBe('ssh-ed25519')
  })
  test('hold all the others too', () => {
    expect(new Set(preferredAlgorithms(knowing({ known: [rsa] })))).toEqual(
      new Set(preferredAlgorithms(knowing())),
    )
  })
})

describe('a public key', () => {
  test('is named by its wire form and printed as OpenSSH prints it', () => {
    const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIGG794ylynVuFtRIGEHjc65Jba3cnc6EFQESyBmFRt9J'
    const parsed = toPublicKey(Buffer.from(key, 'base64'))
    expect(parsed).toEqual({ type: 'ssh-ed25519', key })
    expect(toHostKey('h', 22, parsed).fingerprint).toBe(
      'SHA256:6Pti9PU2+RXifmmEXBRSKHWSfFreBzYvBGjazX4ek20',
    )
  })
  test('of a hostile length has no type', () => {
    expect(toPublicKey(Buffer.from([255, 255, 255, 255])).type).toBe('')
    expect(toPublicKey(Buffer.alloc(0)).type).toBe('')
  })
})
