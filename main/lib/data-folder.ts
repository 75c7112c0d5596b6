import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

/**
 * The data folder of all shells: `--data`, else `HOSTING_DESK_DATA`, else the system's data directory. It is made where
 * it is absent, for this account alone.
 */
export function dataFolderOf({ data }: { data?: string | undefined }, env = process.env): string {
  const folder = path.resolve(
    data ?? env['HOSTING_DESK_DATA'] ?? path.join(systemDataFolder(env), 'hosting-desk'),
  )
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

function systemDataFolder(env: NodeJS.ProcessEnv): string {
  switch (process.platform) {
    case 'win32':
      return env['APPDATA'] ?? path.join(homedir(), 'AppData', 'Roaming')
    case 'darwin':
      return path.join(homedir(), 'Library', 'Application Support')
    default:
      return env['XDG_DATA_HOME'] ?? path.join(homedir(), '.local', 'share')
  }
}
