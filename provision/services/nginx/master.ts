import { findText, readTail, sizeOf } from '../../system/files.ts'
import { findMachineFile } from '../../system/machine-file.ts'
import { tryPort } from '../../system/net.ts'
import { findProgram, pause, runProgram, sendSignal } from '../../system/process.ts'
import { childrenOf, findTitle } from '../../system/process-table.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import type { NginxFolders } from './config.ts'

/** How long a new generation of workers may take; nginx itself tries a taken port for 2.5 s. */
const RELOAD_MS = 10_000

export async function getNginx(): Promise<string> {
  const program = await findProgram('nginx')
  if (program !== undefined) return program
  throw new ProvisionError(
    'PROVISION_NO_NGINX',
    'There is no nginx on this server: install it, for example with “apt install nginx-light”, and verify the server again.',
  )
}

export async function versionOf(program: string): Promise<string | null> {
  const { output } = await runProgram([program, '-v'])
  return /nginx\/(\S+)/.exec(output)?.[1] ?? null
}

/**
 * Tests a configuration as it lies there. `nginx -t` really binds, so it is done where all ports are free: in a network
 * namespace of its own. Where that is not allowed, a failure to bind says nothing and is left to the reload.
 */
export async function testConfiguration(
  program: string,
  { main, errorLog }: Pick<NginxFolders, 'main' | 'errorLog'>,
  signal: AbortSignal,
): Promise<{ isGood: boolean; output: string }> {
  const test = [program, '-t', '-c', main, '-e', errorLog] as const
  const inNamespace = await runInNamespace(test, signal)
  const { exitCode, output } = inNamespace ?? (await runProgram(test, { signal }))
  const isGood = exitCode === 0 || (inNamespace === undefined && onlyBindFailed(output))
  return { isGood, output }
}

async function runInNamespace(
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<{ exitCode: number; output: string } | undefined> {
  const unshare = await findProgram('unshare')
  if (unshare === undefined) return undefined
  const ended = await runProgram(
    [unshare, '-U', '-n', '--map-current-user', '--keep-caps', ...argv],
    { signal },
  )
  return ended.output.startsWith('unshare:') ? undefined : ended
}

/** Whether all that a test complains of is that an address could not be bound. */
export function onlyBindFailed(output: string): boolean {
  const complaints = output.split('\n').filter((line) => line.includes('[emerg]'))
  return (
    output.includes('syntax is ok') &&
    complaints.every((line) => line.includes('[emerg] bind() to'))
  )
}

/** The pid of our master, if it runs: the file's number must still be an nginx master of our configuration. */
export async function findMaster({ pid: file, main }: NginxFolders): Promise<number | undefined> {
  const pid = Number((await findText(file))?.trim() || Number.NaN)
  if (!Number.isInteger(pid) || pid < 2) return undefined
  const title = await findTitle(pid)
  return title?.startsWith('nginx: master process') && title.includes(main) ? pid : undefined
}

/**
 * Starts a master as this account. Throws PROVISION_PORT_NOT_ALLOWED, PROVISION_PORT_TAKEN, PROVISION_NGINX_START; and
 * PROVISION_NGINX_STOPPED where a unit of root's starts it, since one of ours would stand in its way.
 */
export async function startMaster(
  program: string,
  folders: NginxFolders,
  port: number,
): Promise<void> {
  const machine = await findMachineFile()
  if (machine !== undefined)
    throw new ProvisionError(
      'PROVISION_NGINX_STOPPED',
      `nginx does not run, and only root may start it here: systemctl start ${machine.account}-nginx`,
    )
  await checkPort(port)
  const { exitCode, output } = await runProgram(
    [program, '-c', folders.main, '-e', folders.errorLog],
    { isOwnSession: true },
  )
  if (exitCode !== 0)
    throw new ProvisionError('PROVISION_NGINX_START', `nginx does not start: ${output.trim()}`)
  const isUp = await until(async () => (await findMaster(folders)) !== undefined)
  if (!isUp)
    throw new ProvisionError('PROVISION_NGINX_START', 'nginx was started and is not there.')
}

async function checkPort(port: number): Promise<void> {
  const state = await tryPort(port)
  if (state === 'taken')
    throw new ProvisionError(
      'PROVISION_PORT_TAKEN',
      `Port ${port} is taken by another program: stop that one, or give this server another port.`,
    )
  if (state === 'not-allowed')
    throw new ProvisionError(
      'PROVISION_PORT_NOT_ALLOWED',
      `This account may not listen on port ${port}. Let root start nginx for it with the right to bind low ports, or give this server a port from 1024 on.`,
    )
}

/** Ends the master once its requests are done; waits for it. */
export async function stopMaster(folders: NginxFolders): Promise<void> {
  const pid = await findMaster(folders)
  if (pid === undefined) return
  sendSignal(pid, 'SIGQUIT')
  await until(async () => (await findMaster(folders)) === undefined)
}

/**
 * HUP, and then a look: HUP itself never says no. It has worked once there are workers of a new generation and none of the
 * old takes connections; it has not where nginx logs [emerg] and keeps the old ones.
 */
export async function reloadMaster(master: number, folders: NginxFolders): Promise<void> {
  const before = await childrenOf(master)
  const logOffset = await sizeOf(folders.errorLog)
  sendSignal(master, 'SIGHUP')
  let complaint: string | undefined
  const isNew = await until(async () => {
    complaint = findComplaint(await readTail(folders.errorLog, logOffset))
    return complaint !== undefined || (await isNewGeneration(master, before))
  })
  if (isNew && complaint === undefined) return
  throw new ProvisionError(
    'PROVISION_NGINX_RELOAD',
    `nginx did not take over its new configuration: ${complaint ?? 'no new workers came.'}`,
  )
}

/** The line with which nginx gives a reload up. A single failure to bind is not one: it tries again. */
export function findComplaint(log: string): string | undefined {
  return log
    .split('\n')
    .filter((line) => line.includes('[emerg]'))
    .find((line) => !/bind\(\) to .* failed/.test(line))
}

async function isNewGeneration(master: number, before: readonly number[]): Promise<boolean> {
  const now = await childrenOf(master)
  if (!now.some((pid) => !before.includes(pid))) return false
  const titles = await Promise.all(now.filter((pid) => before.includes(pid)).map(findTitle))
  return titles.every((title) => title === undefined || title.includes('shutting down'))
}

async function until(isTrue: () => Promise<boolean>, timeoutMs = RELOAD_MS): Promise<boolean> {
  const giveUpAt = performance.now() + timeoutMs
  while (performance.now() < giveUpAt) {
    if (await isTrue()) return true
    await pause(10)
  }
  return false
}
