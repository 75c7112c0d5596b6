import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { lookup } from 'mrmime'
import {
  findRedirection,
  findSite,
  openServed,
  type DemoSite,
  type DemoSites,
  type OpenFile,
} from './demo-files.ts'

/** Makes the web service of the demo server: each site by its Host header, files only. The caller listens and closes. */
export function createDemoWeb(sites: DemoSites): http.Server {
  const server = http.createServer((request, response) => {
    answer(sites, request, response).catch(() => response.destroy())
  })
  server.maxConnections = 256
  return server
}

async function answer(sites: DemoSites, request: IncomingMessage, response: ServerResponse) {
  response.setHeader('X-Hosting-Desk', 'embedded')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    sendPage(response, 405, 'This server only shows pages.')
    return
  }
  const [, host = '', port = ''] = /^(.*?)(:\d+)?$/.exec(request.headers.host ?? '') ?? []
  const site = await findSite(sites, host)
  if (site === undefined) {
    sendPage(response, 404, 'No site of the demo server has this name.')
    return
  }
  const target = findRedirection(site, host)
  if (target !== undefined) {
    const rest = (request.url ?? '/').replace(/^(?!\/)/, '/')
    response.writeHead(301, { Location: `http://${target}${port}${rest}` }).end()
  } else if (!site.isEnabled) {
    sendPage(response, 503, 'This site is not available at the moment.')
  } else {
    await answerFrom(sites, site, request, response)
  }
}

async function answerFrom(
  sites: DemoSites,
  site: DemoSite,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const segments = parsePath(request.url ?? '/')
  const found = segments && (await openServed(sites, site, segments))
  if (segments === undefined || found === undefined) {
    await sendMissing(sites, site, request, response)
  } else if (found !== 'folder') {
    await sendFile(found, 200, request, response)
  } else if (!isFolderPath(request.url ?? '/')) {
    response.writeHead(301, { Location: `/${segments.map(encodeURIComponent).join('/')}/` }).end()
  } else {
    const index = await openServed(sites, site, [...segments, 'index.html'])
    if (index === undefined || index === 'folder') {
      await sendMissing(sites, site, request, response)
    } else {
      await sendFile(index, 200, request, response)
    }
  }
}

/** The parts of a request's path, decoded; undefined where it is malformed. Empty parts count as none. */
export function parsePath(url: string): string[] | undefined {
  try {
    return pathOf(url)
      .split('/')
      .filter((segment) => segment !== '')
      .map((segment) => decodeURIComponent(segment))
  } catch {
    return undefined
  }
}

const pathOf = (url: string): string => url.split(/[?#]/, 1)[0] ?? '/'
const isFolderPath = (url: string): boolean => pathOf(url).endsWith('/')

async function sendMissing(
  sites: DemoSites,
  site: DemoSite,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const page = await openServed(sites, site, ['404.html'])
  if (page === undefined || page === 'folder') sendPage(response, 404, 'There is no such page.')
  else await sendFile(page, 404, request, response)
}

async function sendFile(
  { handle, info, file }: OpenFile,
  status: number,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const tag = `W/"${info.size.toString(16)}-${Math.trunc(info.mtimeMs).toString(16)}"`
  const isKnown = status === 200 && request.headers['if-none-match'] === tag
  response.writeHead(isKnown ? 304 : status, {
    'Content-Type': toContentType(file),
    'Cache-Control': 'no-cache',
    ETag: tag,
    'Last-Modified': info.mtime.toUTCString(),
    ...(isKnown ? {} : { 'Content-Length': info.size }),
  })
  if (isKnown || request.method === 'HEAD' || info.size === 0) {
    await handle.close()
    response.end()
    return
  }
  // Not a byte more than was announced, should the file grow meanwhile.
  await pipeline(handle.createReadStream({ end: info.size - 1 }), response)
}

function toContentType(file: string): string {
  const type = lookup(file) ?? 'application/octet-stream'
  return /^text\/|javascript|json|svg/.test(type) ? `${type}; charset=utf-8` : type
}

function sendPage(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}
