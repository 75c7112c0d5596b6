import { findText } from './files.ts'
import { runProgram } from './process.ts'

/** Names the time since the machine was started; `-` where the system has no name for it. */
export async function findBoot(): Promise<string> {
  if (process.platform === 'linux')
    return (await findText('/proc/sys/kernel/random/boot_id').catch(() => undefined))?.trim() || '-'
  const { exitCode, output } = await runProgram(['sysctl', '-n', 'kern.bootsessionuuid'])
  return exitCode === 0 ? output.trim() : '-'
}
