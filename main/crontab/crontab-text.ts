import { AppError } from '#shared/errors.ts'

/**
 * What is ours in a crontab stands between two marks that carry a name: several desks, and a server's own dispatcher, may
 * share one crontab. All else belongs to somebody else and keeps its bytes.
 */
export interface CrontabEntry {
  /** Whose lines these are: letters, digits, hyphens. */
  name: string
  /** Folders in which the command finds programs, joined by colons. */
  path: string
  /** A command for /bin/sh, on one line. */
  command: string
}

/** Debian's cron reads no longer lines. */
const MAX_LINE = 990

/** The mark that begins our lines, and a second one for when the line break before it is ours too. */
const beginOf = (name: string): string => `# BEGIN hosting-desk ${name}`
const ENDED_LINE = ' (ends the line before)'
const endOf = (name: string): string => `# END hosting-desk ${name}`

/** The lines of ours with their marks, each ended. Throws `input.invalid` where cron could not read them. */
export function crontabEntry({ name, path, command }: CrontabEntry): string {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(name)) throw new Error(`No name for lines of a crontab: ${name}`)
  const lines = [
    beginOf(name),
    'SHELL=/bin/sh',
    `PATH=${toPath(path)}`,
    // A percent sign ends a command for cron; with a backslash before it, it is one.
    `* * * * * ${command.replaceAll('%', String.raw`\%`)}`,
    endOf(name),
  ]
  if (lines.some((line) => /[\r\n\0]/.test(line) || Buffer.byteLength(line) > MAX_LINE))
    throw new AppError(
      'input.invalid',
      'The command that dispatches is too long for a crontab, or has a line break in it.',
    )
  return lines.map((line) => `${line}\n`).join('')
}

/** Only what cron can say: whole paths, nothing that it reads as a quote, and as many as fit into a line. */
function toPath(path: string): string {
  let kept = ''
  for (const folder of path.split(':')) {
    if (!/^\/[!%&()+,./0-9:;<=>?@A-Z[\]^_a-z{|}~-]*$/.test(folder)) continue
    const longer = kept === '' ? folder : `${kept}:${folder}`
    if (Buffer.byteLength(`PATH=${longer}`) <= MAX_LINE) kept = longer
  }
  return kept === '' ? '/usr/bin:/bin' : kept
}

/** A crontab with our lines once, at its end, since their SHELL and PATH hold for every line that follows. */
export function addToCrontab(text: string, entry: CrontabEntry): string {
  const rest = removeFromCrontab(text, entry.name)
  const lines = crontabEntry(entry)
  if (rest === '' || rest.endsWith('\n')) return rest + lines
  return `${rest}\n${lines.replace(beginOf(entry.name), beginOf(entry.name) + ENDED_LINE)}`
}

/**
 * A crontab without our lines: whatever somebody else wrote keeps its bytes, also between our marks, also where one of
 * them is missing. A crontab without our lines comes back as it is.
 */
export function removeFromCrontab(text: string, name: string): string {
  // Each line with its own ending, so that joining them again gives the same bytes.
  const lines = text.split(/(?<=\n)/)
  const kept: string[] = []
  for (let at = 0; at < lines.length;) {
    const begin = toMark(lines[at])
    if (begin !== beginOf(name) && begin !== beginOf(name) + ENDED_LINE) {
      kept.push(lines[at++] ?? '')
      continue
    }
    const end = findEnd(lines, at, name)
    const foreign = lines.slice(at + 1, end).filter((line) => !isOurs(line) && !isEnd(line, name))
    const isLast = foreign.length === 0 && end === lines.length
    if (begin.endsWith(ENDED_LINE) && isLast) kept.push((kept.pop() ?? '').replace(/\n$/, ''))
    kept.push(...foreign)
    at = end
  }
  return kept.join('')
}

/** Behind the end mark; where that was taken away, behind what is surely ours. */
function findEnd(lines: readonly string[], begin: number, name: string): number {
  for (let at = begin + 1; at < lines.length; at++) {
    if (isEnd(lines[at], name)) return at + 1
    if (toMark(lines[at]).startsWith(beginOf(name))) break
  }
  let at = begin + 1
  while (at < lines.length && isOurs(lines[at])) at += 1
  return at
}

const toMark = (line = ''): string => line.replace(/\r?\n?$/, '')
const isEnd = (line: string | undefined, name: string): boolean => toMark(line) === endOf(name)

/** What {@link crontabEntry} writes between its marks. */
const isOurs = (line = ''): boolean =>
  /^(SHELL=\/bin\/sh|PATH=\/.*|\* \* \* \* \* .*\bdispatch\b.*)$/.test(toMark(line))
