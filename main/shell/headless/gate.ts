import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What a request may do. */
export type Admission =
  | { state: 'admitted' }
  /** It brought the one-time token: set this cookie and send it to the page. */
  | { state: 'exchange'; cookie: string }
  | { state: 'refused'; status: 403 | 421; reason: string }

/**
 * Who may talk to the application over loopback: a browser that has exchanged the one-time token for the cookie, asking
 * for this very host and port, from a page of ours. Each exchange makes the next token.
 */
export class Gate {
  readonly #port: number
  readonly #session: string
  #token = newToken()

  constructor(port: number, sessionKey: string) {
    this.#port = port
    this.#session = sessionKey
  }

  /** The address to open once. */
  get address(): string {
    return `http://127.0.0.1:${this.#port}/?token=${this.#token}`
  }

  admit(request: Pick<IncomingMessage, 'url' | 'headers'>): Admission {
    const { host, origin } = request.headers
    const hosts = [`127.0.0.1:${this.#port}`, `localhost:${this.#port}`]
    if (host === undefined || !hosts.includes(host)) {
      return { state: 'refused', status: 421, reason: 'This address is not served here.' }
    }
    if (origin !== undefined && origin !== `http://${host}`) {
      return { state: 'refused', status: 403, reason: 'Only pages of Hosting Desk may ask.' }
    }
    if (isSame(this.#cookieOf(request), this.#session)) return { state: 'admitted' }
    if (!isSame(tokenOf(request), this.#token)) {
      return {
        state: 'refused',
        status: 403,
        reason:
          'This needs the one-time address that Hosting Desk prints. “hosting-desk url” prints the present one.',
      }
    }
    this.#token = newToken()
    return {
      state: 'exchange',
      cookie: `${this.#cookieName}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`,
    }
  }

  get #cookieName(): string {
    return `hosting-desk-${this.#port}`
  }

  #cookieOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
    const prefix = `${this.#cookieName}=`
    const cookies = (headers.cookie ?? '').split(/;\s*/)
    return cookies.find((cookie) => cookie.startsWith(prefix))?.slice(prefix.length) ?? ''
  }
}

/** What stands behind “?token=”. The rest of the address is anybody's text, and need not be one that can be parsed. */
const tokenOf = ({ url = '' }: Pick<IncomingMessage, 'url'>): string =>
  new URLSearchParams(url.split('?')[1]).get('token') ?? ''

const newToken = (): string => randomBytes(24).toString('base64url')

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
