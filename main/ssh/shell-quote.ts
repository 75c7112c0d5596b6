import { AppError } from '#shared/errors.ts'

/**
 * One word for the far side's login shell, whatever is in it: this is the only place that makes shell text of values.
 * Backslash and exclamation mark stand outside of the quotes, since fish and csh read them inside of them.
 */
export function quoteWord(word: string): string {
  if (word.includes('\0'))
    throw new AppError('input.invalid', 'A value for a command on the server holds a NUL character')
  if (/^[A-Za-z0-9_@%+:,./-]+$/.test(word)) return word
  return `'${word.replace(/['\\!]/g, (character) => `'\\${character}'`)}'`
}

/** A command as the login shell reads it; with `script`, a fixed text of ours that sees argv as "$@". */
export function commandLine(argv: readonly string[], script?: string): string {
  const words = script === undefined ? argv : ['sh', '-c', script, 'sh', ...argv]
  if (words.length === 0) throw new Error('A command needs at least its name')
  return words.map(quoteWord).join(' ')
}
