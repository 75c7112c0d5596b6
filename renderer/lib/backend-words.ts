import type { BackendState } from '#shared/domain/objects.ts'
import { toTickingText } from './duration.ts'
import type { ObjectState } from './object-state.ts'

/** A clock further off than this makes times of a server misleading. */
export const CLOCK_WARNING_MS = 30_000

/** How the connection to a backend stands, with its age, at `now`. Unknown states read as closed. */
export function toConnectionState(state: BackendState | undefined, now: number): ObjectState {
  if (state && state.needsSecret !== null && state.connection !== 'open')
    return mark('i-lucide-key-round', 'warning', `Needs its ${state.needsSecret}`)
  switch (state?.connection) {
    case 'open':
      return state.latencyMs === null
        ? mark('i-lucide-plug', 'success', 'Connected')
        : mark(
            'i-lucide-plug',
            'success',
            `Connected · ${Math.max(1, Math.round(state.latencyMs))} ms`,
          )
    case 'connecting':
      return mark('i-lucide-loader-circle', 'info', 'Connecting')
    case 'failed':
      return mark('i-lucide-unplug', 'warning', failedWords(state, now))
    case 'closed':
    case undefined:
      return mark('i-lucide-minus', 'neutral', 'Not connected')
  }
}

const failedWords = ({ problem }: BackendState, now: number): string =>
  problem === null
    ? 'Not reachable'
    : `${SHORT[problem.code] ?? 'Not reachable'} · for ${toTickingText(now - problem.since)}`

const SHORT: Readonly<Record<string, string>> = {
  'ssh.host-key-changed': 'Host key changed',
  'ssh.host-key-unknown': 'Host key unknown',
  'ssh.auth-failed': 'Login refused',
  'ssh.password-needed': 'Needs its password',
  'ssh.passphrase-needed': 'Needs its passphrase',
  'ssh.root-refused': 'Login as root',
}

const mark = (icon: string, tone: ObjectState['tone'], words: string): ObjectState => ({
  icon,
  tone,
  words,
})
