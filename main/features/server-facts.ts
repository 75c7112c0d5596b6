import type { JsonRecord } from '#shared/domain/json.ts'
import { ServerFacts } from '#shared/domain/objects.ts'

/** What of a verify's data are facts of the machine; one that does not fit is left out, as if it had not been said. */
export function toServerFacts(data: JsonRecord): ServerFacts {
  const known = Object.entries(ServerFacts.shape).flatMap(([name, schema]) => {
    const fact = schema.safeParse(data[name])
    return fact.success && fact.data !== undefined ? [[name, fact.data] as const] : []
  })
  return Object.fromEntries(known)
}
