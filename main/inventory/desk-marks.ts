import { z } from 'zod'
import { Instant } from '#shared/domain/json.ts'
import type { OtherDesk } from '#shared/contract/desks.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { Connection } from '../ssh/connection.ts'

/** This application, as backends remember it. */
export interface ThisDesk {
  id: string
  hostName: string
}

/** What stands in a backend's file about one desk. `at` is by that desk's clock. */
const DeskMark = z.object({
  id: z.string().max(64),
  hostName: z.string().max(300),
  at: Instant,
})

/** "$1" our id, "$2" our line. Others' files are read after ours is written, so of two desks one hears of the other. */
const MARK = `
umask 077
cd "$HOME" && mkdir -p .hosting-desk/desks && cd .hosting-desk/desks || exit
printf '%s\\n' "$2" >".$1.$$" && mv ".$1.$$" "$1"
for f in *; do
  [ -f "$f" ] && [ "$f" != "$1" ] && { printf 'hd:desk '; head -c 2048 "$f" | head -n 1; }
done
exit 0
`
const MAX_DESKS = 100

/** Leaves word on a backend that this desk uses it; returns the others that did, the last seen first. */
export async function markDesk(
  connection: Connection,
  { id, hostName }: ThisDesk,
  now: number,
): Promise<OtherDesk[]> {
  const line = JSON.stringify({ id, hostName: shorten(hostName, 300), at: now })
  const { stdout } = await connection.exec(
    { argv: [id, line], script: MARK },
    { timeoutMs: 30_000, maxOutputBytes: 512 * 1024 },
  )
  const lines = stdout.toString('utf8').split('\n')
  return lines
    .flatMap(parseMark)
    .sort((a, b) => b.seenAt - a.seenAt)
    .slice(0, MAX_DESKS)
}

function parseMark(line: string): OtherDesk[] {
  if (!line.startsWith('hd:desk ')) return []
  try {
    const { id, hostName, at } = DeskMark.parse(JSON.parse(line.slice('hd:desk '.length)))
    return [{ id: cleanText(id), hostName: cleanText(hostName), seenAt: at }]
  } catch {
    return []
  }
}
