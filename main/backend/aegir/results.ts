import type { JsonRecord } from '#shared/domain/json.ts'
import { cleanText } from '#shared/text.ts'
import { siteUrl } from './contexts.ts'
import type { DrushFrame } from './frame.ts'

/** No platform has more; the rest of a longer list is left out. */
const MAX_PACKAGES = 5000

type PhpRecord = Readonly<Record<string, unknown>>

/** What came back of a command, in the words of the task types: which facts depends on the command, not on the stack. */
export function resultsOf(command: string, frame: DrushFrame): JsonRecord {
  const { context } = frame
  const backup = textOf(context['backup_file'])
  return {
    ...(backup === null || command === 'backup-delete'
      ? {}
      : { file: backup, sizeBytes: numberOf(context['backup_file_size']) ?? 0 }),
    ...loginLink(command, frame),
    // A clone answers with what its source has; the copy's own facts come with its verify.
    ...(command === 'clone' ? {} : siteFacts(command, frame)),
  }
}

const siteFacts = (command: string, { context, self }: DrushFrame): JsonRecord => ({
  ...whereNotNull({
    databaseName: textOf(self['db_name']) ?? textOf(context['db_name']),
    cronKey: textOf(context['cron_key']),
  }),
  ...(context['context_type'] === 'site' ? { url: siteUrl(context) } : {}),
  ...packageFacts(command, context),
})

/** BOA leaves the link among the options, with a line feed behind it; the original returns it as well. */
function loginLink(command: string, { context, object }: DrushFrame): JsonRecord {
  if (command !== 'install' && command !== 'login-reset') return {}
  const returned = isRecord(object) ? textOf(Object.values(object)[0]) : textOf(object)
  return whereNotNull({ loginLink: textOf(context['login_link']) ?? returned })
}

/** What a verify found; other commands carry the lists along as they were. */
function packageFacts(command: string, context: PhpRecord): JsonRecord {
  if (!['verify', 'install', 'import', 'migrate'].includes(command)) return {}
  const packages = recordOf(context['packages'])
  if (Object.keys(packages).length === 0) return {}
  const isPlatform = 'base' in packages
  const groups = isPlatform
    ? [packages['base'], packages['sites-all'], ...Object.values(recordOf(packages['profiles']))]
    : [packages]
  const list = groups.flatMap((group) => packagesIn(recordOf(group))).slice(0, MAX_PACKAGES)
  const core = list.find(({ type }) => type === 'core')
  return {
    packages: list,
    ...(isPlatform
      ? {
          application: 'drupal',
          version: core?.version ?? null,
          abilities: ['cron', 'login-reset'],
          profiles: textsOf(context['profiles']),
          sites: textsOf(context['sites']),
        }
      : {}),
  }
}

const TYPES: Readonly<Record<string, string>> = {
  platforms: 'core',
  profiles: 'profile',
  modules: 'module',
  themes: 'theme',
}

type ListedPackage = Record<'type' | 'name' | 'title' | 'version', string>

const packagesIn = (group: PhpRecord): ListedPackage[] =>
  Object.entries(TYPES).flatMap(([key, type]) =>
    Object.entries(recordOf(group[key])).map(([name, found]) => {
      const info = recordOf(recordOf(found)['info'])
      return {
        type,
        name: cleanText(name),
        title: textOf(info['name']) ?? cleanText(name),
        version: textOf(recordOf(found)['version']) ?? textOf(info['version']) ?? '',
      }
    }),
  )

const isRecord = (value: unknown): value is PhpRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const recordOf = (value: unknown): PhpRecord => (isRecord(value) ? value : {})

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.flatMap((one) => textOf(one) ?? []) : []

function textOf(value: unknown): string | null {
  const text = typeof value === 'string' ? cleanText(value.trim()) : ''
  return text === '' ? null : text.slice(0, 2000)
}

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null
}

const whereNotNull = (record: Record<string, string | null>): JsonRecord =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null))
