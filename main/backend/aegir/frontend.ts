import type { Connection } from '../../ssh/connection.ts'
import { CONTROL_FILE, type FoundDrush } from './find-drush.ts'
import { DrushFrame } from './frame.ts'
import { splitLine } from './pieces.ts'

const TIMEOUT_MS = 60_000

/** Whether Aegir's own frontend is there and alive: its context is, and its site boots. */
export async function findFrontend(
  connection: Connection,
  drush: Pick<FoundDrush, 'path' | 'hasFrontend'>,
): Promise<boolean> {
  if (!drush.hasFrontend) return false
  const { stdout } = await connection.exec(
    { argv: [drush.path, '--backend=2', '@hostmaster', 'core-status'] },
    { timeoutMs: TIMEOUT_MS, maxOutputBytes: 16 * 1024 * 1024 },
  )
  const frame = splitLine(stdout.toString('utf8')).find(({ piece }) => piece === 'frame')
  const parsed = DrushFrame.safeParse(frame?.piece === 'frame' ? frame.value : undefined)
  const status = parsed.success ? parsed.data.object : undefined
  return typeof status === 'object' && status !== null && 'bootstrap' in status
    ? status.bootstrap === 'Successful'
    : false
}

const ENSURE_CONTROL_FILE = `
cd && mkdir -p "\${1%/*}" && { [ -e "$1" ] || : >"$1"; }
`

/** BOA's control file; it stays. To be called with the operator's consent only. */
export async function ensureControlFile(connection: Connection): Promise<void> {
  await connection.exec(
    { argv: [CONTROL_FILE], script: ENSURE_CONTROL_FILE },
    { timeoutMs: TIMEOUT_MS },
  )
}
