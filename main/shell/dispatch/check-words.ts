import { AppError } from '#shared/errors.ts'

/** How each command is written: what follows its words. In brackets stands what may be left out. */
const COMMANDS: Readonly<Record<string, string>> = {
  dispatch: '',
  url: '',
  import: 'BACKEND',
  'task list': '',
  'task show': 'N',
  'task follow': 'N',
  'task add': 'OBJECT TYPE [NAME=VALUE …]',
  'task retry': 'N',
  'task cancel': 'N',
  'queue list': '',
  'queue run': 'NAME',
  'queue pause': 'NAME',
  'queue resume': 'NAME',
  'backup schedule': 'SITE EVERY',
  'crontab print': '[BACKEND]',
  'crontab install': '[BACKEND]',
  'crontab remove': '[BACKEND]',
  'store check': '',
  'store export': 'FILE',
  'store restore': 'FILE',
  'store import': 'FILE',
  'backend list': '',
  'backend show': 'NAME',
  'server list': '',
  'server show': 'NAME',
  'platform list': '',
  'platform show': 'NAME',
  'site list': '',
  'site show': 'NAME',
}

/** Throws `input.invalid` where the words are no command, or where one is missing or too many. */
export function checkWords(words: readonly string[]): void {
  const name = [words.slice(0, 2).join(' '), words[0] ?? ''].find((one) =>
    Object.hasOwn(COMMANDS, one),
  )
  if (name === undefined) throw noCommand(words)
  const after = COMMANDS[name] ?? ''
  const given = words.length - name.split(' ').length
  const needed = after.replace(/\[.*/, '').split(' ').filter(Boolean).length
  const most = after.includes('…') ? Infinity : after.split(' ').filter(Boolean).length
  if (given >= needed && given <= most) return
  const written = `hosting-desk ${name} ${after}`.trim()
  const what = given < needed ? 'lacks a word' : 'has a word too many'
  throw invalid(`“${words.join(' ')}” ${what}. It is written: ${written}`)
}

export const noCommand = (words: readonly string[]): AppError =>
  invalid(`“${words.join(' ')}” is no command. “hosting-desk --help” lists them.`)

const invalid = (message: string): AppError => new AppError('input.invalid', message)
