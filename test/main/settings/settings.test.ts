import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import type { Json } from '#shared/domain/json.ts'
import { INITIAL_SETTINGS, type SettingsPatch } from '#shared/domain/settings.ts'
import { Secret } from '../../../main/lib/secret.ts'
import type { SecretBox } from '../../../main/settings/secret-box.ts'
import { BackendSecrets } from '../../../main/settings/backend-secrets.ts'
import { Secrets } from '../../../main/settings/secrets.ts'
import { Settings } from '../../../main/settings/settings.ts'

function memory<Value>(stored = new Map<string, Value>()) {
  return {
    stored,
    read: (name: string) => stored.get(name),
    write: (name: string, value: Value) => Promise.resolve(void stored.set(name, value)),
    remove: (name: string) => Promise.resolve(void stored.delete(name)),
  }
}

/** Turns text around; what was not sealed by it cannot be unsealed. */
const box: SecretBox = {
  seal: (text) => `sealed:${[...text].reverse().join('')}`,
  unseal(sealed) {
    if (!sealed.startsWith('sealed:')) throw new Error('sealed elsewhere')
    return [...sealed.slice(7)].reverse().join('')
  },
}

function settingMemory(stored = new Map<string, Json>()) {
  return {
    stored,
    read: (name: string) => stored.get(name),
    write: (values: Readonly<Record<string, Json>>) => {
      for (const [name, value] of Object.entries(values)) stored.set(name, value)
      return Promise.resolve()
    },
  }
}

test('a setting has its initial value until one is set, and keeps that', async () => {
  const storage = settingMemory()
  const settings = new Settings(storage)
  expect(settings.get('log.isWrapped')).toBe(true)
  await settings.set({ 'log.isWrapped': false, 'log.times': 'elapsed' })
  expect(new Settings(storage).all()).toEqual({
    ...INITIAL_SETTINGS,
    'log.isWrapped': false,
    'log.times': 'elapsed',
  })
})

test('a setting that no longer fits counts as not set', () => {
  const storage = settingMemory(new Map([['log.times', 'by the sun']]))
  expect(new Settings(storage).get('log.times')).toBe('clock')
})

test('a setting refuses what does not fit it, and sets none of the others', async () => {
  const storage = settingMemory()
  const wrong = { 'log.isWrapped': false, 'log.times': 'by the sun' } as unknown as SettingsPatch
  await expect(new Settings(storage).set(wrong)).rejects.toThrow()
  expect(storage.stored.size).toBe(0)
})

test('a secret is stored sealed where there is a box, and is there after the next start', async () => {
  const storage = memory<string>()
  await new Secrets(storage, box).set('web1', new Secret('hunter2'))
  expect([...storage.stored.values()].join()).not.toContain('hunter2')
  expect(new Secrets(storage, box).get('web1')?.reveal()).toBe('hunter2')
})

test('a secret is kept in memory only where there is no box', async () => {
  const storage = memory<string>()
  const secrets = new Secrets(storage, null)
  await secrets.set('web1', new Secret('hunter2'))
  expect(secrets.get('web1')?.reveal()).toBe('hunter2')
  expect(storage.stored.size).toBe(0)
  expect(new Secrets(storage, null).get('web1')).toBeUndefined()
})

test('a secret that was sealed elsewhere counts as none', () => {
  const storage = memory<string>(new Map([['web1', 'of another keychain']]))
  expect(new Secrets(storage, box).get('web1')).toBeUndefined()
})

test('a secret that was removed is gone', async () => {
  const storage = memory<string>()
  const secrets = new Secrets(storage, box)
  await secrets.set('web1', new Secret('hunter2'))
  await secrets.remove('web1')
  expect(secrets.get('web1')).toBeUndefined()
  expect(storage.stored.size).toBe(0)
})

test('a secret shows itself nowhere', () => {
  const secret = new Secret('hunter2')
  const shown = [
    `${String(secret)}`,
    JSON.stringify({ secret }),
    inspect({ secret }),
    Object.keys(secret),
  ]
  expect(shown.join()).not.toContain('hunter2')
})

test('a password is for the account it was given for, a passphrase for a key of this computer', async () => {
  const address = { host: 'web1.example.com', port: 22, user: 'desk' }
  const storage = memory<string>()
  const open = () => new BackendSecrets(new Secrets(storage, box), () => address)
  await open().give('web1', { password: new Secret('hunter2'), passphrase: new Secret('a b') })
  expect(open().of('web1').password?.reveal()).toBe('hunter2')
  for (const changed of [{ host: 'evil.example.com' }, { port: 2222 }, { user: 'desk2' }]) {
    const before = { ...address }
    Object.assign(address, changed)
    expect(open().of('web1').password).toBeUndefined()
    expect(open().of('web1').passphrase?.reveal()).toBe('a b')
    Object.assign(address, before)
  }
  await open().forget('web1')
  expect(storage.stored.size).toBe(0)
})
