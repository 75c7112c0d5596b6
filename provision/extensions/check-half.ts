import type { ServerHalf } from './server-half.ts'

const isFunction = (value: unknown): boolean => typeof value === 'function'
const NAME = /^[a-z][a-z0-9_-]{0,63}$/
const CONTEXT_TYPES = ['server', 'platform', 'site']

/** What a file of an extension gave, if it is a server half. Throws an Error that says what is wrong. */
export function checkHalf(given: unknown): ServerHalf {
  const { contextKeys, commands, webServices, services, ...others } = entriesOf(given, 'it')
  const [other] = Object.keys(others)
  if (other !== undefined) throw new Error(`“${other}” is no part of a server half`)
  for (const [type, keys] of byType(contextKeys, 'contextKeys'))
    checkNamed(keys, `contextKeys.${type}`, isFunction)
  for (const [type, named] of byType(commands, 'commands'))
    checkNamed(named, `commands.${type}`, isCommand)
  checkNamed(webServices, 'webServices', isFunction)
  for (const [service, types] of Object.entries(entriesOf(services, 'services')))
    checkNamed(types, `services.${service}`, isFunction)
  return given as ServerHalf
}

function byType(value: unknown, what: string): [string, unknown][] {
  const entries = Object.entries(entriesOf(value, what))
  for (const [type] of entries)
    if (!CONTEXT_TYPES.includes(type))
      throw new Error(`${what} is by ${CONTEXT_TYPES.join(', ')}, and “${type}” is none of them`)
  return entries
}

function checkNamed(value: unknown, what: string, isGood: (one: unknown) => boolean): void {
  for (const [name, one] of Object.entries(entriesOf(value, what)))
    if (!NAME.test(name) || !isGood(one)) throw new Error(`${what}.${name.slice(0, 64)} is not one`)
}

function isCommand(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('plan' in value)) return false
  const args = 'args' in value ? value.args : []
  return (
    isFunction(value.plan) && Array.isArray(args) && args.every((arg) => typeof arg === 'string')
  )
}

function entriesOf(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined) return {}
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new Error(`${what} is no object`)
}
