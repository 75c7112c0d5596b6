import type { Feature } from './feature.ts'

/** A hook that was left out, and why. */
export interface HookProblem {
  feature: string
  hook: string
  message: string
}

export function toProblem(feature: Feature, hook: string, error: unknown): HookProblem {
  return {
    feature: feature.name,
    hook,
    message: error instanceof Error ? error.message : String(error),
  }
}

/** How many different problems are kept. */
const MAX_KEPT = 100

/** What went wrong in hooks that have no task to tell, for the operator: the last of each hook of each feature. */
export class HookProblems {
  readonly #now: () => number
  readonly #problems = new Map<string, HookProblem & { at: number; times: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  report(problem: HookProblem): void {
    const key = `${problem.feature} ${problem.hook}`
    const times = (this.#problems.get(key)?.times ?? 0) + 1
    this.#problems.delete(key)
    this.#problems.set(key, { ...problem, at: this.#now(), times })
    const [oldest] = this.#problems.keys()
    if (this.#problems.size > MAX_KEPT && oldest !== undefined) this.#problems.delete(oldest)
  }

  /** Newest first. */
  list(): (HookProblem & { at: number; times: number })[] {
    return [...this.#problems.values()].reverse()
  }
}
