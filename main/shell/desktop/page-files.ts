import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { lookup } from 'mrmime'
import { isOwnPage } from './links.ts'

/** Nothing from elsewhere, no inline script; styles that components set on elements are allowed. */
const POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Answers the window's requests from the folder of the built renderer; 404 for all that is not in it. */
export async function answerFromFolder(folder: string, url: string): Promise<Response> {
  const file = isOwnPage(url) ? findFile(folder, new URL(url).pathname) : undefined
  const bytes = file === undefined ? undefined : await readFile(file).catch(() => undefined)
  if (file === undefined || bytes === undefined) return new Response(null, { status: 404 })
  return new Response(new Uint8Array(bytes), {
    headers: {
      'Content-Type': lookup(file) ?? 'application/octet-stream',
      'Content-Security-Policy': POLICY,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    },
  })
}

function findFile(folder: string, pathname: string): string | undefined {
  const name = safeDecode(pathname === '/' ? '/index.html' : pathname)
  if (name === undefined || name.includes('\0')) return undefined
  const file = path.join(folder, name)
  return file.startsWith(folder + path.sep) ? file : undefined
}

function safeDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
