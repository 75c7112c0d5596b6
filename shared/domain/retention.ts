/** Of the backups older than the one, one is kept for each of the other. */
export interface RetentionRule {
  olderThanMs: number
  keepOnePerMs: number
}

const HOUR_MS = 3_600_000
const UNITS: Readonly<Record<string, number>> = {
  h: HOUR_MS,
  d: 24 * HOUR_MS,
  w: 7 * 24 * HOUR_MS,
  m: 30 * 24 * HOUR_MS,
  y: 365 * 24 * HOUR_MS,
}
const MAX_RULES = 20

/**
 * Rules as an operator writes them, one a line: `7d 1d` keeps one a day of what is older than seven days. Throws with
 * what is wrong, for the form.
 */
export function parseRules(text: string): RetentionRule[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (lines.length > MAX_RULES) throw new Error(`Write at most ${MAX_RULES} rules.`)
  return lines.map(parseRule).sort((a, b) => a.olderThanMs - b.olderThanMs)
}

function parseRule(line: string): RetentionRule {
  const match = /^(\d{1,4})([hdwmy])\s+(\d{1,4})([hdwmy])$/.exec(line)
  const [olderThanMs, keepOnePerMs] = [toMs(match?.[1], match?.[2]), toMs(match?.[3], match?.[4])]
  if (olderThanMs > 0 && keepOnePerMs > 0) return { olderThanMs, keepOnePerMs }
  throw new Error(`“${line}” is no rule: write for example “7d 1d”, with h, d, w, m or y.`)
}

const toMs = (count: string | undefined, unit: string | undefined): number =>
  Number(count ?? 0) * (UNITS[unit ?? ''] ?? 0)

/**
 * When each of a site's backups is to go by the rules, as far as the present backups decide it; null where none of them
 * makes it superfluous. A backup that is yet to be made may put an end to that.
 */
export function keptUntil<Made extends { id: string; createdAt: number }>(
  backups: readonly Made[],
  rules: readonly RetentionRule[],
  now: number,
): Map<string, number | null> {
  const ends = new Map<string, number | null>(backups.map(({ id }) => [id, null]))
  const times = backups.flatMap(({ createdAt }) =>
    rules.map(({ olderThanMs }) => Math.max(now, createdAt + olderThanMs + 1)),
  )
  for (const at of [...new Set(times)].sort((a, b) => a - b))
    for (const { id } of backupsToDelete(backups, rules, at))
      if (ends.get(id) === null) ends.set(id, at)
  return ends
}

/**
 * Which backups of one site are to go. By rule, the gentlest age first, those that are older fall into slots of
 * `keepOnePerMs` since the epoch; the newest of a slot stays. A site's last backup always stays, as the newest of its slot.
 */
export function backupsToDelete<Made extends { createdAt: number }>(
  backups: readonly Made[],
  rules: readonly RetentionRule[],
  now: number,
): Made[] {
  const newestFirst = [...backups].sort((a, b) => b.createdAt - a.createdAt)
  let kept: readonly Made[] = newestFirst
  for (const { olderThanMs, keepOnePerMs } of rules) {
    const taken = new Set<number>()
    kept = kept.filter(({ createdAt }) => {
      if (createdAt >= now - olderThanMs) return true
      const slot = Math.floor(createdAt / keepOnePerMs)
      if (taken.has(slot)) return false
      taken.add(slot)
      return true
    })
  }
  const staying = new Set(kept)
  return newestFirst.filter((backup) => !staying.has(backup))
}
