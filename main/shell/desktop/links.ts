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
