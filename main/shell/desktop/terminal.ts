import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { AppError } from '#shared/errors.ts'

/** Terminals of Linux, in the order in which they are looked for, and what stands before the command. */
const LINUX: readonly (readonly [program: string, ...before: string[]])[] = [
  ['xdg-terminal-exec'],
  ['x-terminal-emulator', '-e'],
  ['gnome-terminal', '--'],
  ['konsole', '-e'],
  ['xfce4-terminal', '-x'],
  ['kitty'],
  ['alacritty', '-e'],
  ['xterm', '-e'],
]

/** Opens the system's own terminal with a command in it. Throws `terminal.missing` where there is none. */
export async function openTerminal({
  argv,
  line,
}: {
  argv: readonly string[]
  line: string
}): Promise<void> {
  if (process.platform === 'darwin') return start(['open', '-a', 'Terminal', await asScript(line)])
  // A detached program of the console gets a window of its own there.
  if (process.platform === 'win32') return start(argv)
  const found = linuxTerminal(process.env, isProgram)
  if (found !== undefined) return start([...found, ...argv])
  throw new AppError(
    'terminal.missing',
    'No terminal was found on this computer. Copy the command, or name yours in the variable TERMINAL.',
  )
}

/** The terminal that the person prefers, else the first that is there. */
export function linuxTerminal(
  env: NodeJS.ProcessEnv,
  isThere: (program: string) => boolean,
): readonly string[] | undefined {
  const preferred = env['TERMINAL']
  if (preferred !== undefined && preferred !== '') {
    const name = path.basename(preferred)
    return LINUX.find(([program]) => program === name)?.with(0, preferred) ?? [preferred, '-e']
  }
  return LINUX.find(([program]) => isThere(program))
}

const isProgram = (name: string): boolean =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(path.join(folder, name)))

/** It goes on by itself, also when the application has ended. */
function start([program = '', ...args]: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { detached: true, stdio: 'ignore' })
    child.once('spawn', () => {
      child.unref()
      resolve()
    })
    child.once('error', (cause) =>
      reject(new AppError('terminal.missing', `${program} could not be started.`, { cause })),
    )
  })
}

/** Terminal of macOS opens files, not commands. */
async function asScript(line: string): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'hosting-desk-'))
  const file = path.join(folder, 'server.command')
  await writeFile(file, `#!/bin/sh\nrm -f "$0"\nexec ${line}\n`, { mode: 0o700 })
  return file
}
