import type { CheckStage } from '#shared/contract/backend.ts'
import type { Dialect } from '#shared/domain/objects.ts'
import { MAX_CHANNELS } from './exec-channels.ts'
import type { OpenConnection, OpenParts } from './open-connection.ts'

/** What one stage of a check found. */
export interface Finding {
  state: 'ok' | 'warning' | 'failed'
  message: string
  remedy: string | null
  code: string | null
  /** Which kind of backend the account is, where that was looked for. */
  dialect?: Dialect | null
}

export type FarCheck = (connection: OpenConnection, parts: OpenParts) => Finding | Promise<Finding>

export interface FarStage {
  stage: CheckStage
  check: FarCheck
}

const SLOW_SHELL_MS = 50
const CLOCK_LIMIT_MS = 30_000
/** One follows the runs, two carry short commands, one is spare. */
const ENOUGH_CHANNELS = 4

const ok = (message: string): Finding => ({ state: 'ok', message, remedy: null, code: null })

/** What is asked of a connection once it is open, in the order of the stages. */
export const FAR_CHECKS: readonly FarStage[] = [
  { stage: 'user', check: checkUser },
  { stage: 'shell-speed', check: checkShellSpeed },
  { stage: 'account-locked', check: checkLock },
  { stage: 'channels', check: checkChannels },
  { stage: 'clock', check: ({ far }) => judgeClock(far.clockOffsetMs) },
]

/** Root was refused before we get here. */
function checkUser({ far }: OpenConnection): Finding {
  const who = `${far.user} (uid ${far.uid}) on ${far.system}, home ${far.home}`
  if (far.node !== null) return ok(`${who}, Node ${far.node.version}`)
  return {
    state: 'warning',
    message: `${who}; no Node was found`,
    remedy: 'Install Node 18 or newer on the server (on Debian: apt install nodejs).',
    code: 'backend.no-node',
  }
}

async function checkShellSpeed(
  connection: OpenConnection,
  { signal }: OpenParts,
): Promise<Finding> {
  const times: number[] = []
  for (let at = 0; at < 3; at++) {
    const startedAt = performance.now()
    await connection.exec({ argv: ['true'] }, signal === undefined ? {} : { signal })
    times.push(performance.now() - startedAt)
  }
  return judgeShellSpeed(times, connection.latencyMs)
}

/** Opening a channel and running a command in it are two round trips; what is above them is the shell. */
export function judgeShellSpeed(times: readonly number[], latencyMs: number): Finding {
  const median = [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
  const shellMs = Math.max(0, median - 2 * latencyMs)
  if (shellMs <= SLOW_SHELL_MS)
    return ok(`A command takes ${shellMs.toFixed(1)} ms beside the network`)
  return {
    state: 'warning',
    message: `The login shell takes ${Math.round(shellMs)} ms to begin, for each command`,
    remedy: 'Look at what ~/.bashrc and /etc/bash.bashrc do for shells that nobody sits at.',
    code: 'ssh.shell-slow',
  }
}

/** An account may ask for its own state where `passwd` allows it. */
async function checkLock(connection: OpenConnection, { signal }: OpenParts): Promise<Finding> {
  const script = 'LC_ALL=C passwd -S 2>/dev/null || getent shadow "$(id -un)" 2>/dev/null || true'
  const { stdout } = await connection.exec(
    { argv: [], script },
    signal === undefined ? {} : { signal },
  )
  return judgeLock(connection.far.user, stdout.toString('utf8'))
}

/** `output`: of `passwd -S` (second word), or the account's line of the shadow file (second field). */
export function judgeLock(user: string, output: string): Finding {
  const line = output.trim().split('\n').at(-1) ?? ''
  const [, word = ''] = line.includes(':') ? line.split(':') : line.split(/\s+/)
  if (!/^(L|LK)$/.test(word) && !word.startsWith('!')) return ok('The account is not locked')
  return {
    state: 'warning',
    message: `The account ${user} counts as locked; sshd lets it in only as long as it asks PAM`,
    remedy: `As root on the server, this unlocks it without giving it a password: usermod -p '*' ${user}`,
    code: 'ssh.account-locked',
  }
}

async function checkChannels(connection: OpenConnection, { signal }: OpenParts): Promise<Finding> {
  const hold = (): Promise<unknown> =>
    connection.exec({ argv: ['sleep', '0.2'] }, signal === undefined ? {} : { signal })
  await Promise.all(Array.from({ length: MAX_CHANNELS }, hold))
  return judgeChannels(connection.channels.load.limit)
}

export function judgeChannels(limit: number): Finding {
  if (limit >= ENOUGH_CHANNELS) return ok(`${limit} commands at once`)
  return {
    state: 'warning',
    message: `The server allows ${limit === 1 ? 'only one command' : `only ${limit} commands`} at once on a connection`,
    remedy: 'Set MaxSessions in its sshd_config to 10, its default.',
    code: 'ssh.channels-refused',
  }
}

export function judgeClock(offsetMs: number): Finding {
  const seconds = Math.round(Math.abs(offsetMs) / 1000)
  if (Math.abs(offsetMs) <= CLOCK_LIMIT_MS) return ok(`The clocks agree (${seconds} s)`)
  return {
    state: 'warning',
    message: `The server's clock is ${seconds} s ${offsetMs > 0 ? 'ahead of' : 'behind'} this computer's`,
    remedy: 'Turn on time synchronisation where it is off (timedatectl set-ntp true).',
    code: null,
  }
}
