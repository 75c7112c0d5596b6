import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { AppError } from '#shared/errors.ts'

/**
 * The data folder of all shells: `--data`, else `HOSTING_DESK_DATA`, else the system's data directory. It is made where
 * it is absent, for this account alone. Throws `input.invalid` where it cannot be one, and where another account could
 * put its own files in the place of ours: keys, the page's session, extensions.
 */
export function dataFolderOf({ data }: { data?: string | undefined }, env = process.env): string {
  const folder = path.resolve(
    data ?? env['HOSTING_DESK_DATA'] ?? path.join(systemDataFolder(env), 'hosting-desk'),
  )
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    refuseShared(folder)
  } catch (cause) {
    throw new AppError(
      'input.invalid',
      `${folder} cannot be the data folder: ${reasonOf(cause)}.`,
      {
        cause,
      },
    )
  }
  return folder
}

/** Windows has no such owners and modes. */
function refuseShared(folder: string): void {
  const account = process.getuid?.()
  if (account === undefined) return
  const { uid, mode } = statSync(folder)
  if (uid !== account) throw new Error('it belongs to another account')
  if ((mode & 0o022) !== 0)
    throw new Error('other accounts may write there (“chmod go-w” on it ends that)')
}

function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'a file stands there'
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'this account may not write there'
    case 'ENAMETOOLONG':
      return 'the path is too long'
    default:
      return error instanceof Error ? error.message : String(error)
  }
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
