/** One line of `npm run bench`: a figure of ours beside what a user would pick instead, measured in the same run. */
export interface BenchRow {
  what: string
  beside: string
  /** Medians of alternating rounds. */
  ours: number
  theirs: number
  unit: string
  /** `ours` to `theirs`; for rates too. */
  ratio: number
  goal: { at: 'most' | 'least'; ratio: number }
}

export const isReached = ({ ratio, goal }: BenchRow): boolean =>
  goal.at === 'most' ? ratio <= goal.ratio : ratio >= goal.ratio

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** Measures both sides in turn, so that whatever else the machine does befalls both. */
export async function inTurn(
  rounds: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<{ ours: number; theirs: number; ratio: number }> {
  const measured = { ours: [] as number[], theirs: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    measured.ours.push(await ours())
    measured.theirs.push(await theirs())
  }
  const [a, b] = [median(measured.ours), median(measured.theirs)]
  return { ours: a, theirs: b, ratio: a / b }
}
