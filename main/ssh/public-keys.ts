import { readFile } from 'node:fs/promises'
import ssh2, { type ParsedKey } from 'ssh2'
import type { Login } from '#shared/domain/objects.ts'
import { agentSocket, expandHome, loadKey, type LoginSecrets } from './credentials.ts'

/** The public keys, as lines of authorized_keys, with which a login gets in; none for one that has a password. */
export async function publicKeysOf(login: Login, secrets: LoginSecrets): Promise<string[]> {
  switch (login.method) {
    case 'key':
      return [
        (await findPublicFile(login.keyFile)) ??
          renderKey(await loadKey(login.keyFile, secrets.passphrase)),
      ]
    case 'agent':
      return (await identitiesOf(agentSocket())).map(renderKey)
    case 'password':
    case 'keyboard-interactive':
      return []
  }
}

/** The `.pub` file beside a private key. It needs no passphrase. */
async function findPublicFile(keyFile: string): Promise<string | undefined> {
  const text = await readFile(`${expandHome(keyFile)}.pub`, 'utf8').catch(() => '')
  const [line = ''] = text.split('\n')
  return /^\S+ AAAA\S+/.test(line) ? line.trim() : undefined
}

const renderKey = (key: ParsedKey): string =>
  [key.type, key.getPublicSSH().toString('base64'), key.comment].filter(Boolean).join(' ')

function identitiesOf(socket: string): Promise<ParsedKey[]> {
  return new Promise((resolve, reject) =>
    ssh2.createAgent(socket).getIdentities((error, keys) => {
      if (error) reject(error)
      else resolve((keys ?? []) as ParsedKey[])
    }),
  )
}
