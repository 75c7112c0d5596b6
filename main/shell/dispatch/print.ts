import type { CommandCall } from './command-line.ts'

/** Writes an answer: as JSON where asked for, else as text for people. */
export function print(
  call: Pick<CommandCall, 'isJson' | 'terminal'>,
  answer: unknown,
  toText: () => string,
): void {
  call.terminal.write(call.isJson ? `${JSON.stringify(answer, null, 2)}\n` : toText())
}

/** Rows under each other, each column as wide as its widest cell. */
export function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd()
  return [head, ...rows].map((row) => `${line(row)}\n`).join('')
}

/** Facts of one thing, a line each. */
export function toFacts(facts: Readonly<Record<string, unknown>>): string {
  const width = Math.max(...Object.keys(facts).map((name) => name.length))
  return Object.entries(facts)
    .map(([name, value]) => `${name.padEnd(width)}  ${toText(value)}\n`)
    .join('')
}

function toText(value: unknown): string {
  if (value === null || value === undefined) return '-'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
