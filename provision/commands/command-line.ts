import { isContextName } from '../context/keys.ts'

export type CommandLine =
  | { kind: 'version' }
  | { kind: 'command'; name: string; context: string }
  | { kind: 'wrong'; problem: string }

/** `provision-<command> @context`; on a terminal the prefix may be left out. No command takes more arguments yet. */
export function parseCommandLine(
  argv: readonly string[],
  commandNames: readonly string[],
): CommandLine {
  const [first, second] = argv
  if (first === '--version') return { kind: 'version' }
  const name = first?.replace(/^provision-/, '') ?? ''
  if (!commandNames.includes(name))
    return { kind: 'wrong', problem: `The commands are ${commandNames.join(', ')}.` }
  const context = second?.startsWith('@') ? second.slice(1) : ''
  if (!isContextName(context))
    return { kind: 'wrong', problem: 'Name a context, such as @www.example.com.' }
  return { kind: 'command', name, context }
}
