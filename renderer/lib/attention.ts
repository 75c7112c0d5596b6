import type { Backend, BackendState } from '#shared/domain/objects.ts'

/** Something a backend needs from the operator before work on it can go on. */
export interface Attention {
  backend: Backend
  need: 'host-key-changed' | 'host-key-unknown' | 'password' | 'passphrase'
  happened: string
  meaning: string
  action: string
}

/** What this backend needs from the operator; nothing while all is well. */
export function toAttention(backend: Backend, state: BackendState): Attention[] {
  const need = needOf(state)
  return need === undefined ? [] : [{ backend, need, ...wordsOf(need, backend.title) }]
}

function needOf({ problem, needsSecret }: BackendState): Attention['need'] | undefined {
  if (problem?.code === 'ssh.host-key-changed') return 'host-key-changed'
  if (problem?.code === 'ssh.host-key-unknown') return 'host-key-unknown'
  return needsSecret ?? undefined
}

function wordsOf(
  need: Attention['need'],
  title: string,
): Pick<Attention, 'happened' | 'meaning' | 'action'> {
  switch (need) {
    case 'host-key-changed':
      return {
        happened: `${title} shows a different host key.`,
        meaning: `Someone may be in between, or the server was reinstalled. Nothing is sent to ${title} until you decide.`,
        action: 'Compare and decide',
      }
    case 'host-key-unknown':
      return {
        happened: `The host key of ${title} is not known here.`,
        meaning: `Nothing is sent to ${title} before you have seen its fingerprint.`,
        action: 'Compare and decide',
      }
    case 'password':
      return {
        happened: `${title} needs its password.`,
        meaning: 'It is not kept here; the tasks of this server wait for it.',
        action: 'Give the password',
      }
    case 'passphrase':
      return {
        happened: `The private key for ${title} needs its passphrase.`,
        meaning: 'It is not kept here; the tasks of this server wait for it.',
        action: 'Give the passphrase',
      }
  }
}
