import type { DeskError } from '#shared/contract/base.ts'
import type { FormProblems } from '#shared/domain/form.ts'
import type { ErrorCode } from '#shared/errors.ts'
import { cleanText } from '#shared/text.ts'

/** An error in its three parts. `meaning` and `remedy` are empty where there is nothing to add. */
export interface ErrorText {
  happened: string
  meaning: string
  remedy: string
  code: string
}

type Advice = readonly [meaning: string, remedy: string]

/** What each code means and what to do about it; what happened is said by the error's own message. */
const ADVICE: Readonly<Record<ErrorCode, Advice>> = {
  'input.invalid': ['Nothing was stored or started.', 'Correct the fields that are marked.'],
  'object.not-found': ['It was removed meanwhile.', 'Go back to the list.'],
  'object.name-taken': ['A name stands for one thing on its server.', 'Choose another name.'],
  'object.in-use': ['Something else still needs it.', 'Remove what needs it first.'],
  'object.changed-meanwhile': [
    'Someone or something changed it while you were at it. Nothing was stored.',
    'Look at it again and repeat the change.',
  ],
  'store.locked': [
    'Another copy of Hosting Desk owns the data folder.',
    'Close the other copy, or go on there.',
  ],
  'store.newer-format': [
    'A newer version wrote this data folder. It is left as it is.',
    'Use that version or a newer one.',
  ],
  'store.damaged': [
    'A part of the data file does not check out. Nothing was overwritten.',
    'Run `hosting-desk store check` and restore the snapshot before it.',
  ],
  'store.write-failed': [
    'The change was not stored.',
    'Look for a full or read-only disk, then try again.',
  ],
  'ssh.no-such-host': [
    'The name does not lead to an address.',
    'Check the spelling, and that you are on the network that knows it.',
  ],
  'ssh.unreachable': [
    'Nothing answers at that address and port.',
    'Check that the machine runs, its SSH port, and the firewall between.',
  ],
  'ssh.not-ssh': [
    'Something answers there, but it does not speak SSH.',
    'Check the port; SSH is mostly at 22.',
  ],
  'ssh.timeout': [
    'The machine took too long to answer.',
    'Look at its load and at the network, then try again.',
  ],
  'ssh.connection-lost': [
    'What runs on the server goes on there and is picked up again.',
    'Nothing to do: the connection is tried again by itself.',
  ],
  'ssh.host-key-unknown': [
    'Nothing is sent to it before you have seen its fingerprint.',
    'Compare the fingerprint with the one shown on the machine itself.',
  ],
  'ssh.host-key-changed': [
    'Someone may be in between, or the server was reinstalled. Nothing is sent to it until you decide.',
    'Compare both fingerprints, then decide.',
  ],
  'ssh.host-key-revoked': [
    'Your known_hosts file marks this key as revoked. Nothing is sent to it.',
    'Ask whoever runs the machine for its new key.',
  ],
  'ssh.auth-failed': [
    'The server did not accept this login.',
    'Check the account and the way of login; the public key must stand in its authorized_keys.',
  ],
  'ssh.key-missing': ['The private key file is not there.', 'Check the path of the key file.'],
  'ssh.key-invalid': [
    'The file is no private key that can be read.',
    'Choose the private key itself, not the .pub file.',
  ],
  'ssh.passphrase-needed': ['The private key is encrypted.', 'Enter its passphrase.'],
  'ssh.passphrase-wrong': ['The passphrase does not open the key.', 'Enter it again.'],
  'ssh.password-needed': ['This login needs the password of the account.', 'Enter the password.'],
  'ssh.no-agent': [
    'No SSH agent answers on this computer.',
    'Start the agent and add the key, or choose a key file.',
  ],
  'ssh.root-refused': [
    'Tasks never run as root.',
    'Make an account of its own for hosting on the server, and log in as that.',
  ],
  'ssh.account-locked': [
    'The account exists, but its login is locked.',
    'On the server: usermod -p "*" ACCOUNT, or give it a password.',
  ],
  'ssh.shell-slow': [
    'The login shell takes long to start, and each command waits for it.',
    'Look into .bashrc and .profile of the account.',
  ],
  'ssh.channels-refused': [
    'The server allows few commands at once on one connection.',
    'Raise MaxSessions in its sshd_config, or lower the limit here.',
  ],
  'ssh.proxy-unsupported': [
    'The SSH configuration leads there by a way that is not supported.',
    'Use ProxyJump, or an address that is reachable directly.',
  ],
  'bootstrap.script-changed': [
    'Only the script that was shown is run. Nothing was sent to the server.',
    'Look at the script again, then run it.',
  ],
  'bootstrap.password-needed': [
    'Nothing was run there yet.',
    'Type the password of that account. It is used once and forgotten.',
  ],
  'bootstrap.password-wrong': ['Nothing was run there.', 'Type the password again.'],
  'bootstrap.not-root': [
    'Only root can prepare a server.',
    'Log in as root or with an account that may use sudo, or run the script there yourself.',
  ],
  'run.lost': [
    'Its process is gone without a result; the server may have been restarted.',
    'Look at what it did so far, then retry.',
  ],
  'run.never-started': ['The server took the order but never began.', 'Retry the task.'],
  'run.time-limit': [
    'It ran longer than it may and was stopped.',
    'Look at its last lines, then retry.',
  ],
  'run.start-failed': ['Nothing was run on the server.', 'Retry the task.'],
  'backend.no-node': [
    'The program on the server needs Node 18 or newer.',
    'Install Node on the server, then retry.',
  ],
  'backend.bad-output': [
    'The server answered with something that cannot be read.',
    'Look into the log of the task.',
  ],
  'backend.no-result': [
    'The command ended without saying how.',
    'Look at its last lines, then retry.',
  ],
  'backend.home-full': [
    'There is no room left in the home folder of the account.',
    'Free some space on the server, then retry.',
  ],
  'backend.program-install-failed': [
    'The program could not be put on the server.',
    'Look for a full or read-only home folder, then retry.',
  ],
  'backend.no-drush': [
    'Aegir’s commands are Drush’s: without it nothing can be done there.',
    'Log in to the account and try “drush --version”; then verify the server.',
  ],
  'backend.unknown-context': [
    'The backend has no such context (any more).',
    'Verify the object, or import the server again.',
  ],
  'backend.broken-context': [
    'Drush stops where it reads that file.',
    'Correct or remove the file on the server, then try again.',
  ],
  'backend.wrong-context': [
    'What was done may have been done to something else.',
    'Look at the log before anything else.',
  ],
  'backend.options-lost': ['The command ran with its defaults.', 'Try again.'],
  'backend.unknown-service': [
    'The server was saved without that service.',
    'Choose a service that its backend has.',
  ],
  'backend.reload-failed': [
    'The configuration was written and is not in force.',
    'Test the web server’s configuration on the server, then verify again.',
  ],
  'backend.memory-limit': [
    'The command was not done, or not wholly.',
    'Raise memory_limit for PHP’s command line, then try again.',
  ],
  'backend.killed': [
    'How far it came is not known.',
    'Verify the object, then look at what is there.',
  ],
  'backend.no-frontend': [
    'The command may be done but for what Aegir’s frontend adds.',
    'Verify the object.',
  ],
  'backend.no-logs': ['Not every web service keeps them.', ''],
  'backend.refused': ['The backend did not do it.', 'Look at the log for why.'],
  'task.not-allowed': ['Nothing was started.', ''],
  'task.already-waiting': [
    'The same task already waits for this object.',
    'Wait for it, or cancel it first.',
  ],
  'task.unknown-type': [
    'No feature that is switched on knows this task.',
    'Switch the feature on, or cancel the task.',
  ],
  'task.not-cancellable': ['It has ended, or its end is being stored.', ''],
  'task.no-preview': [
    'Not every kind of server can be asked before.',
    'Start the task; what fails is taken back.',
  ],
  'task.secret-gone': [
    'Passwords are kept until their task has ended, and not over a restart where there is no keychain.',
    'Ask for the task anew.',
  ],
  'task.predecessor-failed': [
    'It was to run only after another task had succeeded.',
    'Look at that task first.',
  ],
  'queue.paused': ['Nothing starts while dispatch is paused.', 'Resume dispatch.'],
  'queue.unknown': ['There is no such queue.', ''],
  'crontab.missing': [
    'The server has no crontab for this account, so it cannot do recurring work by itself.',
    'Install cron on the server, or leave the recurring work to Hosting Desk.',
  ],
  'crontab.refused': [
    'The server does not let this account have a crontab.',
    'Look at cron.allow and cron.deny on the server, or leave the recurring work to Hosting Desk.',
  ],
  'feature.unknown': ['Its extension was removed meanwhile.', 'Look for extensions again.'],
  'feature.required': ['Hosting Desk cannot work without it.', 'It stays on.'],
  'extension.not-understood': [
    'An extension runs with your own rights.',
    'Switch it on from the list of features, where it says what it may do.',
  ],
  'extension.broken': [
    'It stays off; everything else goes on.',
    'Correct the extension, then look for extensions again.',
  ],
  'hook.failed': ['A feature failed; what it wanted to change was left out.', 'Look into the log.'],
  'secret.missing': [
    'The login cannot be made without it.',
    'Give the password or passphrase; the tasks that wait go on.',
  ],
  'download.missing': [
    'Nothing was downloaded.',
    'Look on the server whether the backup is still there; verify the site to list its backups anew.',
  ],
  'download.changed': ['Nothing of it was kept here.', 'Download it again.'],
  'export.unreadable': ['Nothing was imported.', 'Choose a file that Hosting Desk exported.'],
  'export.wrong-passphrase': ['Nothing was imported.', 'Type the passphrase again.'],
  'export.not-empty': [
    'Nothing was imported yet.',
    'Say that everything here is to be replaced; a copy of it is kept.',
  ],
  'terminal.missing': [
    'No terminal was opened; nothing else changed.',
    'Copy the command and paste it into a terminal of yours.',
  ],
  'demo.unsupported': [
    'The demo server is not available on this system.',
    'Add a server of your own.',
  ],
  'demo.no-account': [
    'The demo server needs an unprivileged account to run its commands.',
    'Start Hosting Desk as an ordinary user.',
  ],
}

/** For codes of the program on a server: it names the step itself. */
const OF_A_STEP: Advice = [
  'What its steps had done was taken back, where that can be done.',
  'Look at the first error in the log, then retry.',
]

/** What a code means and what to do, or undefined for codes that are not ours (those of a server's program). */
const adviceFor = (code: string): Advice | undefined =>
  Object.hasOwn(ADVICE, code) ? ADVICE[code as ErrorCode] : undefined

/** The three parts for a code and the message that came with it. */
export function toCodeText(code: string, message: string): ErrorText {
  const [meaning, remedy] =
    adviceFor(code) ?? (code.startsWith('PROVISION_') ? OF_A_STEP : ['', ''])
  const happened = cleanText(message.replace(/\s*\n\s*/g, ' ')).trim()
  return { happened: happened === '' ? code || 'It failed.' : happened, meaning, remedy, code }
}

/** The three parts for whatever a call threw. */
export function toErrorText(error: unknown): ErrorText {
  const desk = findDeskError(error)
  if (desk !== undefined) return toCodeText(desk.code, messageOf(error))
  if (isConnectionLoss(error))
    return {
      happened: 'The connection to Hosting Desk was lost.',
      meaning: 'It is not known whether this was done.',
      remedy: 'The connection is tried again by itself; look, then repeat it if it was not done.',
      code: 'connection.lost',
    }
  if (codeOf(error) === 'BAD_REQUEST')
    return {
      happened: 'This was refused as it was entered.',
      meaning: 'Nothing was stored or started.',
      remedy: 'Correct the fields and try again.',
      code: 'input.invalid',
    }
  return {
    happened: 'Something went wrong inside Hosting Desk.',
    meaning: messageOf(error),
    remedy: 'Try again; if it stays, report it with these words.',
    code: 'internal',
  }
}

/** Problems at the fields of a form; '' is the form as a whole. Empty where the error names none. */
export const toFieldProblems = (error: unknown): FormProblems =>
  findDeskError(error)?.problems ?? {}

export const isNotFound = (error: unknown): boolean => {
  const code = findDeskError(error)?.code
  // An id that is none at all is refused before it is looked up.
  return code === 'object.not-found' || code === 'input.invalid' || codeOf(error) === 'BAD_REQUEST'
}

/** Calls that were under way when the connection went, and calls made while it was down. */
export const isConnectionLoss = (error: unknown): boolean =>
  error instanceof Error &&
  codeOf(error) !== 'DESK' &&
  (error.name === 'AbortError' ||
    /^(Cannot send message, WebSocket|\[AsyncIdQueue\])/.test(error.message))

export function findDeskError(error: unknown): DeskError | undefined {
  if (codeOf(error) !== 'DESK' || !(error instanceof Error) || !('data' in error)) return undefined
  const data = error.data
  return typeof data === 'object' && data !== null && 'code' in data
    ? (data as DeskError)
    : undefined
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
