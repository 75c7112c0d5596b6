import { isContextName } from '../context/keys.ts'

export type CommandLine =
  | { kind: 'version' }
  | { kind: 'command'; name: string; context: string; args: readonly string[] }
  /** About the account as a whole, without a context or a request. */
  | { kind: 'account'; name: AccountCommand }
  | { kind: 'wrong'; problem: string }

export type AccountCommand = 'dispatch' | 'list'
export const ACCOUNT_COMMANDS: readonly AccountCommand[] = ['dispatch', 'list']

/** No command takes more arguments, and no argument is longer. */
const MAX_ARGS = 1000
const MAX_ARG = 4096

/** `provision-<command> @context [args]`; on a terminal the prefix may be left out. What args mean, the command says. */
export function parseCommandLine(
  argv: readonly string[],
  commandNames: readonly string[],
): CommandLine {
  const [first, second, ...args] = argv
  if (first === '--version') return { kind: 'version' }
  const name = first?.replace(/^provision-/, '') ?? ''
  const account = ACCOUNT_COMMANDS.find((one) => one === name)
  if (account !== undefined && argv.length === 1) return { kind: 'account', name: account }
  if (!commandNames.includes(name))
    return {
      kind: 'wrong',
      problem: `The commands are ${[...commandNames, ...ACCOUNT_COMMANDS].join(', ')}.`,
    }
  const context = second?.startsWith('@') ? second.slice(1) : ''
  if (!isContextName(context))
    return { kind: 'wrong', problem: 'Name a context, such as @www.example.com.' }
  if (args.length > MAX_ARGS || args.some((arg) => arg.length > MAX_ARG))
    return { kind: 'wrong', problem: 'There are too many arguments, or one is too long.' }
  return { kind: 'command', name, context, args }
}
