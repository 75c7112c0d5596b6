import type { Json } from '#shared/domain/json.ts'
import type { SiteReport } from '#shared/domain/site-report.ts'
import { isRecord } from '#shared/protocol/wire.ts'
import { arrange, type Package, toLine } from './packages.ts'

const MAX_TEXT = 100
const MAX_NUMBER = 1_000_000

/**
 * What scripts in a site's slot said of it: `common` of PHP and the database, `own` of its application. It is the word of
 * whatever code runs there, so nothing of it is taken that is not of the form and the size that it may have.
 */
export function parseStatus(common: Json, own: Json): SiteReport {
  const [said, rest] = [recordOf(common), recordOf(own)]
  const php = recordOf(said['php'])
  const database = recordOf(said['database'])
  return {
    version: textOf(rest['version']),
    php: {
      version: textOf(php['version']),
      memoryLimit: textOf(php['memoryLimit']),
      uploadLimit: textOf(php['uploadLimit']),
      maxSeconds: countOf(php['maxSeconds']),
    },
    database: {
      isAnswering: database['isAnswering'] === true,
      version: textOf(database['version']),
    },
    isInMaintenance: booleanOf(rest['isInMaintenance']),
    pendingUpdates: countOf(rest['pendingUpdates']),
    packages: packagesOf(rest['packages']),
  }
}

const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {})

const textOf = (value: unknown): string | null =>
  typeof value === 'string' ? (toLine(value.slice(0, 1000))?.slice(0, MAX_TEXT) ?? null) : null

const countOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_NUMBER
    ? value
    : null

const booleanOf = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null)

const TYPES: Readonly<Record<Package['type'], true>> = {
  core: true,
  module: true,
  theme: true,
  plugin: true,
  profile: true,
}

const isType = (value: unknown): value is Package['type'] =>
  typeof value === 'string' && Object.hasOwn(TYPES, value)

/** The first of each name, as people look for them. */
function packagesOf(value: unknown): Package[] {
  const found = new Map<string, Package>()
  for (const one of Array.isArray(value) ? value.slice(0, 1000) : []) {
    const { type, name, title, version } = recordOf(one)
    const called = textOf(name)
    if (!isType(type) || called === null || found.has(`${type} ${called}`)) continue
    found.set(`${type} ${called}`, {
      type,
      name: called,
      title: textOf(title) ?? called,
      version: textOf(version),
    })
  }
  return arrange([...found.values()])
}
