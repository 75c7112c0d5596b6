const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB']

/** A size for people, in steps of 1000: 0 bytes, 12 kB, 1.4 GB. */
export function toSizeText(sizeBytes: number): string {
  let value = Math.max(0, sizeBytes)
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${UNITS[unit] ?? ''}`
}
