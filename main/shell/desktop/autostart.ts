import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { app } from 'electron'

/** How the application is started at login: its program and what it is told. */
export interface StartCommand {
  program: string
  args: readonly string[]
}

/** Starts the application in the tray when the person logs in, or no longer does. */
export function setAutostart(isOn: boolean, command: StartCommand): void {
  if (process.platform === 'linux') return setLinuxAutostart(isOn, command)
  app.setLoginItemSettings({
    openAtLogin: isOn,
    path: command.program,
    args: [...command.args],
  })
}

/** Electron knows no such thing on Linux; every desktop there reads this folder. */
function setLinuxAutostart(isOn: boolean, command: StartCommand): void {
  const config = process.env['XDG_CONFIG_HOME'] ?? path.join(homedir(), '.config')
  const file = path.join(config, 'autostart', 'hosting-desk.desktop')
  if (!isOn) return rmSync(file, { force: true })
  const entry = autostartEntry(command)
  if (existsSync(file) && readFileSync(file, 'utf8') === entry) return
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, entry)
}

export const autostartEntry = ({ program, args }: StartCommand): string =>
  [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Hosting Desk',
    'Comment=Manage the hosting on your own servers',
    `Exec=${[program, ...args].map(quote).join(' ')}`,
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n')

/**
 * As the desktop entry specification wants it: in double quotes, with backslashes before what means something there, and
 * before that once more as in every value; a percent sign is doubled.
 */
const quote = (text: string): string =>
  `"${text
    .replace(/["`$\\]/g, '\\$&')
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%')}"`
