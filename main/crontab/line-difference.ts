export interface DifferenceLine {
  change: 'same' | 'added' | 'removed'
  line: string
}

/** Beyond this many lines on both sides a changed middle is shown as removed and added as a whole. */
const MAX_COMPARED = 1000

/** What changes from one text to another, line by line, in the order of reading. */
export function differenceOf(before: string, after: string): DifferenceLine[] {
  const [old, young] = [toLines(before), toLines(after)]
  const start = countSame(old, young)
  const end = countSame(old.slice(start).reverse(), young.slice(start).reverse())
  return [
    ...old.slice(0, start).map(as('same')),
    ...compare(old.slice(start, old.length - end), young.slice(start, young.length - end)),
    ...old.slice(old.length - end).map(as('same')),
  ]
}

const as =
  (change: DifferenceLine['change']) =>
  (line: string): DifferenceLine => ({ change, line })

function toLines(text: string): string[] {
  const lines = text.split('\n')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function countSame(old: readonly string[], young: readonly string[]): number {
  let at = 0
  while (at < old.length && at < young.length && old[at] === young[at]) at += 1
  return at
}

/** By the longest common subsequence. */
function compare(old: readonly string[], young: readonly string[]): DifferenceLine[] {
  if (old.length + young.length > MAX_COMPARED)
    return [...old.map(as('removed')), ...young.map(as('added'))]
  const common = commonLengths(old, young)
  const found: DifferenceLine[] = []
  let [a, b] = [0, 0]
  while (a < old.length || b < young.length) {
    const [left, right] = [old[a], young[b]]
    if (left !== undefined && left === right) {
      found.push({ change: 'same', line: left })
      a += 1
      b += 1
    } else if (
      left !== undefined &&
      (right === undefined || common(a + 1, b) >= common(a, b + 1))
    ) {
      found.push({ change: 'removed', line: left })
      a += 1
    } else {
      found.push({ change: 'added', line: right ?? '' })
      b += 1
    }
  }
  return found
}

/** How many lines two tails have in common, in their order, by where they begin. */
function commonLengths(
  old: readonly string[],
  young: readonly string[],
): (a: number, b: number) => number {
  const width = young.length + 1
  const lengths = new Uint16Array((old.length + 1) * width)
  const at = (a: number, b: number): number => lengths[a * width + b] ?? 0
  for (let a = old.length - 1; a >= 0; a--)
    for (let b = young.length - 1; b >= 0; b--)
      lengths[a * width + b] =
        old[a] === young[b] ? at(a + 1, b + 1) + 1 : Math.max(at(a + 1, b), at(a, b + 1))
  return at
}
