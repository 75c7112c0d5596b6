import { z } from 'zod'
import type { AppError } from '#shared/errors.ts'
import { cleanText } from '#shared/text.ts'
import { sshError } from './ssh-error.ts'
import type { FarSide } from './connection.ts'

/**
 * Asks an account who it is. Each line carries a mark, as what a login script prints comes before. Root gets no
 * further than its number. Node is looked for where a login finds it and where people put it by hand.
 */
export const WHO_SCRIPT = `
say() { printf 'hd:%s=%s\\n' "$1" "$2"; }
u=$(id -u); say uid "$u"; [ "$u" = 0 ] && exit 0
say user "$(id -un)"; say clock "$(date +%s.%N)"
cd && say home "$(pwd)"
say system "$(uname -s)"
n=$(command -v node) || for f in /usr/local/bin/node "$HOME/.local/bin/node" /opt/homebrew/bin/node \\
  /usr/bin/node /opt/node/bin/node "$HOME"/.nvm/versions/node/*/bin/node; do [ -x "$f" ] && n=$f; done
case $n in /*) v=$("$n" --version 2>/dev/null </dev/null) && { say node "$n"; say version "$v"; } ;; esac
exit 0
`

const Answers = z.object({
  uid: z.coerce.number().int().min(0),
  user: z.string().max(256).default(''),
  home: z.string().max(4096).default(''),
  system: z.string().max(256).default(''),
  clock: z.string().max(64).default(''),
  node: z.string().max(4096).optional(),
  version: z
    .string()
    .regex(/^v?\d+\.\d+\.\d+/)
    .optional()
    .catch(undefined),
})

/** What the answers say; `askedAt` and `answeredAt` are this computer's epoch ms. */
export function parseFarSide(
  output: string,
  { host, askedAt, answeredAt }: { host: string; askedAt: number; answeredAt: number },
): FarSide {
  const pairs = output
    .split('\n')
    .flatMap((line) => [/^.*?hd:([a-z]+)=(.*)$/.exec(line)])
    .flatMap((match) => (match ? [[match[1], cleanText(match[2] ?? '')]] : []))
  const answers = Answers.safeParse(Object.fromEntries(pairs))
  if (!answers.success) throw badAnswer(host, output)
  const { uid, user, home, system, clock, node, version } = answers.data
  if (uid === 0) throw rootRefused(host)
  if (!home.startsWith('/')) throw badAnswer(host, output)
  return {
    uid,
    user,
    home,
    system,
    clockOffsetMs: Math.round(toServerMs(clock, askedAt) - (askedAt + answeredAt) / 2),
    node: node !== undefined && version !== undefined ? { path: node, version } : null,
  }
}

/** Whole seconds where its `date` knows no finer ones; half a second is added, being right on average. */
function toServerMs(clock: string, fallback: number): number {
  const [, seconds, fraction] = /^(\d{1,12})(?:\.(\d{3})\d*)?/.exec(clock) ?? []
  if (seconds === undefined) return fallback
  return Number(seconds) * 1000 + (fraction === undefined ? 500 : Number(fraction))
}

const rootRefused = (host: string): AppError =>
  sshError(
    'ssh.root-refused',
    `This logs in to ${host} as root, and nothing here runs as root`,
    'Let the bootstrap script prepare the server, which makes an account for it, or make one yourself (as root: adduser --disabled-password hosting) with your public key in ~hosting/.ssh/authorized_keys; then log in with that account.',
  )

const badAnswer = (host: string, output: string): AppError =>
  sshError(
    'backend.bad-output',
    `${host} was asked who we are there, and its answer makes no sense`,
    'Does the account have an ordinary shell, and no ForceCommand?',
    { data: { output: cleanText(output.slice(0, 500)) } },
  )
