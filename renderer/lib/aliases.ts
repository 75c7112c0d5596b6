import { toAlias } from '#shared/domain/names.ts'
import type { Checked } from './checked.ts'

/** Aliases as they are typed, in lines or with commas, as main takes them; or what is wrong with them. */
export function parseAliases(typed: string): Checked<{ aliases: string[] }> {
  const names = typed
    .split(/[\n,;]/)
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const bad = names.filter((name) => toAlias(name) === undefined)
  if (bad.length > 0) {
    const quoted = bad.slice(0, 3).map((name) => `“${name}”`)
    const told = `${quoted.join(', ')}${bad.length > 3 ? ' …' : ''}`
    return { problems: { aliases: `No host name: ${told}` } }
  }
  return { facts: { aliases: [...new Set(names.flatMap((name) => toAlias(name) ?? []))] } }
}
