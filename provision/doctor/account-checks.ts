import path from 'node:path'
import { accountName, effectiveUid, loginShell } from '../system/account.ts'
import { findInfo } from '../system/file-info.ts'
import { findProgram, runProgram } from '../system/process.ts'
import { type Check, error, type Found, info, ok, type Patient, warning } from './check.ts'

const SLOW_SHELL_MS = 150
/** Whoever is in one of these is root by a detour, or reads what only root should. */
const MIGHTY_GROUPS = ['root', 'sudo', 'wheel', 'admin', 'docker', 'lxd', 'incus', 'disk', 'shadow']

export const ACCOUNT_CHECKS: readonly Check[] = [
  { name: 'user', look: async () => Promise.resolve(judgeUser(effectiveUid(), accountName())) },
  { name: 'account-locked', look: checkLock },
  { name: 'login-shell', look: checkShell },
  { name: 'no-root-right', look: checkRootRights },
  { name: 'private-folders', look: checkFolders },
]

export const judgeUser = (uid: number, name: string): Found =>
  uid === 0
    ? error('Tasks run as root.', 'Log in with an unprivileged account.')
    : ok(`Tasks run as ${name} (${uid}), not as root.`)

async function checkLock({ signal }: Patient): Promise<Found> {
  const passwd = await findProgram('passwd')
  if (passwd === undefined) return info('Whether the account is locked cannot be told here.')
  const { output } = await runProgram([passwd, '-S'], { signal })
  return judgeLock(accountName(), output)
}

/** `output`: of `passwd -S`, whose second word is L for a locked account. */
export function judgeLock(user: string, output: string): Found {
  const [, word] = output.trim().split(/\s+/)
  if (word !== 'L' && word !== 'LK') return ok('The account is not locked.')
  return warning(
    `The account ${user} is locked, or has no password: sshd lets it in only as long as it asks PAM.`,
    `As root: usermod -p no-password ${user}. No password fits this one.`,
  )
}

/** As sshd starts it, which makes bash read its startup file. */
async function checkShell({ signal }: Patient): Promise<Found> {
  const shell = loginShell()
  const times: number[] = []
  for (let round = 0; round < 3; round++) {
    const startedAt = performance.now()
    await runProgram([shell, '-c', 'true'], { signal, env: { SSH_CLIENT: 'doctor', SHLVL: '0' } })
    times.push(performance.now() - startedAt)
  }
  return judgeShell(shell, Math.min(...times))
}

export function judgeShell(shell: string, ms: number): Found {
  if (ms <= SLOW_SHELL_MS) return ok(`The login shell ${shell} begins within ${Math.ceil(ms)} ms.`)
  return warning(
    `The login shell ${shell} takes ${Math.round(ms)} ms to begin, for each command.`,
    'Look at what ~/.bashrc and /etc/bash.bashrc do for shells that nobody sits at.',
  )
}

async function checkRootRights({ signal }: Patient): Promise<Found | Found[]> {
  const groups = (await runProgram(['id', '-Gn'], { signal })).output.trim().split(/\s+/)
  const sudo = await findProgram('sudo')
  const listed = sudo === undefined ? undefined : await runProgram([sudo, '-n', '-l'], { signal })
  return judgeRootRights(accountName(), groups, listed?.exitCode === 0 ? listed.output : '')
}

/** `sudoList`: what `sudo -l` allows without a password; an account that no password fits has no other right. */
export function judgeRootRights(
  user: string,
  groups: readonly string[],
  sudoList: string,
): Found | Found[] {
  const mighty = groups.filter((group) => MIGHTY_GROUPS.includes(group))
  const rules = sudoList.split('\n').filter((line) => /^\s+\(/.test(line))
  const found = [
    ...mighty.map((group) =>
      error(
        `${user} is in the group ${group}, which can be used to become root.`,
        `As root: gpasswd -d ${user} ${group}, then log in anew.`,
      ),
    ),
    ...rules.map((rule) =>
      error(
        `${user} has a right by sudo: ${rule.trim()}`,
        'Remove that rule: grep -r for the account in /etc/sudoers and /etc/sudoers.d.',
      ),
    ),
  ]
  return found.length > 0 ? found : ok(`${user} has no right to become root.`)
}

/** What holds contexts, keys and backups is closed to everybody, and nobody else may write at home. */
async function checkFolders({ folders }: Patient): Promise<Found | Found[]> {
  const { home, contexts, backups, nginx } = folders
  const found: Found[] = []
  for (const folder of [path.dirname(contexts), backups, nginx]) {
    const mode = (await findInfo(folder))?.mode ?? 0
    if ((mode & 0o077) !== 0)
      found.push(
        error(`${folder} is open to other accounts.`, `As ${accountName()}: chmod 700 ${folder}.`),
      )
  }
  const mode = (await findInfo(home))?.mode ?? 0
  if ((mode & 0o022) !== 0)
    found.push(
      error(
        `${home} can be written by other accounts.`,
        `As ${accountName()}: chmod go-w ${home}.`,
      ),
    )
  return found.length > 0 ? found : ok('Contexts, backups and keys are closed to other accounts.')
}
