import { Id } from '#shared/domain/json.ts'

/** Where the renderer's files are served inside of the application. */
export const PAGE_SCHEME = 'hosting-desk'
export const PAGE_URL = `${PAGE_SCHEME}://app/`

/** The address as the system's browser may open it, or undefined: sites and documentation, never a file or a program. */
export function toExternalLink(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  const { protocol, href, username, password } = new URL(url)
  const isWeb = protocol === 'http:' || protocol === 'https:'
  return isWeb && username === '' && password === '' ? href : undefined
}

/** Whether a window may show this address itself. */
export const isOwnPage = (url: string): boolean =>
  URL.canParse(url) && new URL(url).protocol === `${PAGE_SCHEME}:` && new URL(url).host === 'app'

/** What a link from elsewhere leads to: a page, or a task by the number that people read. */
export type DeepLink = { route: string } | { taskNumber: number }

const PAGES = ['task', 'site', 'platform', 'server', 'client'] as const

/**
 * Where `hosting-desk://task/17` or `hosting-desk://site/<id>` leads; undefined for everything else. A link only ever
 * opens a page: nothing in it is an order, and nothing of it but a kind and an id is used.
 */
export function parseDeepLink(text: string): DeepLink | undefined {
  const [, kind, key = ''] = /^hosting-desk:\/\/([a-z]+)\/([0-9a-f-]{1,36})\/?$/i.exec(text) ?? []
  const page = PAGES.find((one) => one === kind?.toLowerCase())
  if (page === undefined) return undefined
  if (page === 'task' && /^[1-9]\d{0,14}$/.test(key)) return { taskNumber: Number(key) }
  const id = Id.safeParse(key.toLowerCase())
  return id.success ? { route: `/${page}s/${id.data}` } : undefined
}

/** The first link among what the application was started with. */
export const findDeepLink = (argv: readonly string[]): DeepLink | undefined =>
  argv.map(parseDeepLink).find((link) => link !== undefined)
