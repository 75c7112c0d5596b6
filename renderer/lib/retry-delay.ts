const FIRST_MS = 300
const LONGEST_MS = 8_000

/** How long to wait before the next try, doubling up to 8 s; `random` (0 to 1) spreads many windows apart. */
export const retryDelay = (tries: number, random: number): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10)) * (0.75 + random / 2)
