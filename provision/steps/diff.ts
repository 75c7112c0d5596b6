/** Lines that stay, shown around a change. */
const AROUND = 3
/** Longer texts are not compared line by line, and longer diffs are cut. */
const MAX_COMPARED = 1500
const MAX_SHOWN = 200

/** What carries a secret in a configuration file of any kind: its line is not shown. */
const SECRET =
  /passw|passphrase|secret|token|salt|credential|private|(auth|api|access|cron|hash)_?key/i

type Line = { sign: ' ' | '+' | '-'; text: string }

/** The change from one text to another as a unified diff; '' where they are the same. Lines with secrets are masked. */
export function unifiedDiff(before: string, after: string): string {
  if (before === after) return ''
  const [old, fresh] = [toLines(before), toLines(after)]
  if (Math.max(old.length, fresh.length) > MAX_COMPARED)
    return `@@ ${old.length} lines become ${fresh.length} @@\n`
  const shown = hunksOf(compare(old, fresh))
  const cut = shown.slice(0, MAX_SHOWN)
  if (shown.length > cut.length) cut.push(`… and ${shown.length - cut.length} lines more`)
  return `${cut.join('\n')}\n`
}

const toLines = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

/** By the longest common subsequence. */
function compare(old: readonly string[], fresh: readonly string[]): Line[] {
  const width = fresh.length + 1
  // lengths[i * width + j]: how many lines old[i…] and fresh[j…] have in common.
  const lengths = new Uint16Array((old.length + 1) * width)
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = fresh.length - 1; j >= 0; j--)
      lengths[i * width + j] =
        old[i] === fresh[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < old.length || j < fresh.length) {
    const [gone = '', come = ''] = [old[i], fresh[j]]
    if (i < old.length && j < fresh.length && gone === come) {
      lines.push({ sign: ' ', text: gone })
      i += 1
      j += 1
    } else if (i < old.length && (j >= fresh.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ sign: '-', text: gone })
      i += 1
    } else {
      lines.push({ sign: '+', text: come })
      j += 1
    }
  }
  return lines
}

function hunksOf(lines: readonly Line[]): string[] {
  const isNear = lines.map((_, index) =>
    lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(({ sign }) => sign !== ' '),
  )
  const shown: string[] = []
  const place = { old: 1, fresh: 1 }
  for (const [index, { sign, text }] of lines.entries()) {
    if (isNear[index] === true) {
      if (index === 0 || isNear[index - 1] !== true)
        shown.push(`@@ -${place.old} +${place.fresh} @@`)
      shown.push(`${sign}${SECRET.test(text) ? '(a line with a secret)' : text}`)
    }
    if (sign !== '+') place.old += 1
    if (sign !== '-') place.fresh += 1
  }
  return shown
}
