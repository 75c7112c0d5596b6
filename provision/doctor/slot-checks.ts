import { SlotClaims } from '../services/slots/claims.ts'
import { SlotDoor } from '../services/slots/door.ts'
import { slotOf } from '../services/slots/slot.ts'
import { effectiveUid } from '../system/account.ts'
import { findInfo } from '../system/file-info.ts'
import { findText } from '../system/files.ts'
import type { MachineFile } from '../system/machine-file.ts'
import { runProgram } from '../system/process.ts'
import {
  type Check,
  error,
  type Found,
  info,
  ok,
  type Patient,
  RUN_BOOTSTRAP,
  warning,
} from './check.ts'

export const SLOT_CHECKS: readonly Check[] = [
  { name: 'slots', look: prepared(checkFree) },
  { name: 'slot-groups', look: prepared(checkGroups) },
  { name: 'slot-gates', look: prepared(checkGates) },
  { name: 'slot-timers', look: prepared(checkTimers) },
  { name: 'php-sockets', look: prepared(checkSockets) },
  { name: 'php', look: prepared(checkPhp) },
  { name: 'namespaces', look: prepared(checkNamespaces) },
]

type Look = (machine: MachineFile, patient: Patient) => Promise<Found | readonly Found[]>

/** There are slots only where the bootstrap script has been. */
function prepared(look: Look) {
  return async (patient: Patient): Promise<Found | readonly Found[]> =>
    patient.machine === undefined ? [] : look(patient.machine, patient)
}

async function checkFree(machine: MachineFile, { folders }: Patient): Promise<Found> {
  const { total, free } = await new SlotClaims(machine, folders.slotClaims).count()
  if (free > 0) return ok(`${free} of ${total} slots are free.`)
  return warning(
    `All ${total} slots are taken: no more site with PHP can be installed.`,
    'Run the bootstrap script again with more slots, then reconnect.',
  )
}

/** A connection that is older than a slot does not have its group. */
async function checkGroups(machine: MachineFile, { signal }: Patient): Promise<Found | Found[]> {
  const own = (await runProgram(['id', '-Gn'], { signal })).output.trim().split(/\s+/)
  const missing = machine.slots.filter((slot) => !own.includes(slot))
  const { output } = await runProgram(['getent', 'group', ...machine.slots], { signal })
  const strangers = strangersOf(output, machine.account)
  const found = [
    ...(missing.length === 0
      ? []
      : [
          warning(
            `This connection does not have the groups of ${missing.join(', ')}, which were made after it.`,
            'Disconnect, and connect anew.',
          ),
        ]),
    ...strangers.map(({ group, member }) =>
      error(
        `${member} is in the group of the slot ${group}, and can read that site.`,
        `As root: gpasswd -d ${member} ${group}.`,
      ),
    ),
  ]
  return found.length > 0
    ? found
    : ok('The account is in the groups of all slots, and nobody else is.')
}

/** Who beside the sandbox user is in a slot's group, from the lines of the group file. */
export const strangersOf = (lines: string, account: string): { group: string; member: string }[] =>
  lines
    .trim()
    .split('\n')
    .map((line) => line.split(':'))
    .flatMap(([group = '', , , members = '']) =>
      members
        .split(',')
        .filter((member) => member !== '' && member !== account)
        .map((member) => ({ group, member })),
    )

/** Only this mode of its folder keeps the other slots out of a site. */
async function checkGates(machine: MachineFile, { signal }: Patient): Promise<Found | Found[]> {
  const gids = await groupIds(machine, signal)
  const found: Found[] = []
  for (const name of machine.slots) {
    const { folder } = slotOf(machine, name)
    const info = await findInfo(folder)
    if (info === undefined) found.push(error(`${folder} is missing.`, RUN_BOOTSTRAP))
    else if (info.uid !== effectiveUid() || info.gid !== gids.get(name) || info.mode !== 0o2750)
      found.push(
        error(
          `The gate of the slot ${name} is open or not ours.`,
          `As ${machine.account}: chgrp ${name} ${folder}; chmod 2750 ${folder}.`,
        ),
      )
  }
  return found.length > 0 ? found : ok('Each slot is closed to the others.')
}

async function groupIds(machine: MachineFile, signal: AbortSignal): Promise<Map<string, number>> {
  const { output } = await runProgram(['getent', 'group', ...machine.slots], { signal })
  return new Map(
    output.split('\n').map((line) => {
      const [name = '', , gid] = line.split(':')
      return [name, Number(gid)]
    }),
  )
}

/** A slot's crontab would outlive its site. */
async function checkTimers({ slots }: MachineFile): Promise<Found | Found[]> {
  const found: Found[] = []
  for (const file of ['/etc/cron.deny', '/etc/at.deny']) {
    const text = await findText(file).catch(() => undefined)
    // Without at.deny nobody but root may use at.
    if (text === undefined) continue
    const missing = slots.filter((slot) => !text.split('\n').includes(slot))
    if (missing.length > 0)
      found.push(warning(`${missing.join(', ')} may plant timers: not in ${file}.`, RUN_BOOTSTRAP))
  }
  return found.length > 0 ? found : ok('Slots can plant no timers.')
}

async function checkSockets(machine: MachineFile): Promise<Found | Found[]> {
  const found: Found[] = []
  for (const name of machine.slots) {
    const { socket } = slotOf(machine, name)
    const info = await findInfo(socket)
    if (info === undefined)
      found.push(error(`PHP has no socket for the slot ${name}.`, restart(machine)))
    else if (info.uid !== effectiveUid() || (info.mode & 0o177) !== 0)
      found.push(error(`Others can connect to the socket of the slot ${name}.`, restart(machine)))
  }
  return found.length > 0 ? found : ok('Each slot has its socket, closed to others.')
}

const restart = ({ account }: MachineFile): string =>
  `As root: systemctl restart ${account}-php; its log is in /var/log/${account}-php.`

/** Asks PHP itself, in the last slot, which is the least used. */
async function checkPhp(machine: MachineFile, { signal }: Patient): Promise<Found | Found[]> {
  const name = machine.slots.at(-1)
  if (name === undefined) return []
  const door = new SlotDoor(machine, slotOf(machine, name))
  try {
    const answer = await door.evaluate(PHP_QUESTION, {}, signal)
    return judgePhp(machine, name, answer)
  } catch (problem) {
    signal.throwIfAborted()
    const said = problem instanceof Error ? problem.message : String(problem)
    return error(`PHP does not answer: ${said}`, restart(machine))
  }
}

const PHP_QUESTION = `<?php return [
  'user' => posix_getpwuid(posix_geteuid())['name'],
  'version' => PHP_VERSION,
  'isCacheGuarded' => ini_get('opcache.enable') !== '1' || ini_get('opcache.validate_permission') === '1',
  'isMemoryShared' => function_exists('apcu_store') && ini_get('apc.enabled') === '1',
];`

export function judgePhp(machine: MachineFile, slot: string, answer: unknown): Found | Found[] {
  const { user, version, isCacheGuarded, isMemoryShared } = answer as Record<string, unknown>
  const found: Found[] = []
  if (user !== slot)
    found.push(error(`PHP of the slot ${slot} runs as ${String(user)}.`, RUN_BOOTSTRAP))
  if (isCacheGuarded !== true)
    found.push(
      error(
        'opcache.validate_permission is off: a slot can run what another slot has in the cache.',
        `Look for it in /etc/php/${machine.phpVersion}/fpm/conf.d, then as root: systemctl restart ${machine.account}-php.`,
      ),
    )
  if (isMemoryShared === true)
    found.push(
      error(
        'APCu is on: its memory is one for all slots.',
        `Look for apc.enabled in /etc/php/${machine.phpVersion}/fpm/conf.d, then as root: systemctl restart ${machine.account}-php.`,
      ),
    )
  return found.length > 0 ? found : ok(`PHP ${String(version)} runs in its slots.`)
}

async function checkNamespaces({ hasUserNamespaces }: MachineFile): Promise<Found> {
  return Promise.resolve(
    hasUserNamespaces
      ? ok('nginx can be tested apart from what runs.')
      : info(
          'This system does not let the account make a network namespace, so that a test of nginx cannot try its ports.',
        ),
  )
}
