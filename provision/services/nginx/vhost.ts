import type { WebSite } from '../web-service.ts'
import { accessLog, beside, errorLog, HEAD, type NginxFolders } from './config.ts'
import { fastCgi, phpLocations } from './php.ts'
import { badSite, block, hostName, matchAddress, quote, quoteAddress, serverName } from './text.ts'

/** Where the server listens. Without an HTTPS port no site has HTTPS. */
export interface Ports {
  http: number
  https: number | undefined
}

/** What everyone sees of a site that is disabled. No code of the site has a part in it. */
const DISABLED_PAGE = `'<!doctype html><html lang="en"><meta charset="utf-8"><title>Not available</title><h1>This site is not available at the moment.</h1></html>'`

/** A year. Only this name, and only where the site wants no plain HTTP at all. */
const HSTS_SECONDS = 31_536_000

/**
 * The server blocks of one site. Where it has a certificate each name answers by HTTPS, too; where HTTPS is required,
 * plain HTTP only leads there. An authority that asks for its challenge is answered in every case.
 */
export function renderVhost(folders: NginxFolders, site: WebSite, ports: Ports): string {
  const names = [site.uri, ...site.aliases]
  const { redirection } = site
  const own = redirection === null ? names : [redirection]
  const others = names.filter((name) => !own.includes(name))
  const tls = ports.https === undefined ? undefined : site.tls
  const plain = listenPlain(folders)
  const secure = tls === undefined ? [] : listenSecure(folders, tls.file)
  const content = renderContent(folders, site)
  const toOther = (scheme: 'http' | 'https'): string[] =>
    others.length === 0 || redirection === null
      ? []
      : leading(folders, others, {
          listen: scheme === 'https' ? secure : plain,
          to: addressOf(tls?.isRequired ? 'https' : scheme, redirection, ports),
        })
  return [
    HEAD,
    ...(tls?.isRequired
      ? leading(folders, own, { listen: plain, to: addressOf('https', '$host', ports) })
      : serving(own, [...plain, ...(tls ? secure : [])], content)),
    ...(tls?.isRequired ? serving(own, secure, [...strict(tls), ...content]) : []),
    ...toOther('http'),
    ...(tls ? toOther('https') : []),
    '',
  ].join('\n')
}

const listenPlain = (folders: NginxFolders): string[] => [
  `include ${beside(folders, folders.listen)};`,
]

const listenSecure = (folders: NginxFolders, file: string): string[] => [
  `include ${beside(folders, folders.listenTls)};`,
  `ssl_certificate ${quote(file)};`,
  `ssl_certificate_key ${quote(file)};`,
]

/** A browser that was told so takes no exception any more: not with a certificate that it does not trust. */
const strict = ({ isTrusted }: { isTrusted: boolean }): string[] =>
  isTrusted ? [`add_header Strict-Transport-Security "max-age=${HSTS_SECONDS}" always;`] : []

const serving = (
  names: readonly string[],
  listen: readonly string[],
  content: readonly string[],
): string[] => block('server', [...listen, namesLine(names), ...content])

const leading = (
  folders: NginxFolders,
  names: readonly string[],
  { listen, to }: { listen: readonly string[]; to: string },
): string[] =>
  block('server', [
    ...listen,
    namesLine(names),
    ...challenge(folders),
    ...block('location /', [`return 301 ${to}$request_uri;`]),
  ])

const namesLine = (names: readonly string[]): string =>
  `server_name ${names.map(serverName).join(' ')};`

/** `host` is a name of the site, or nginx's own variable for the one that was asked for. */
function addressOf(scheme: 'http' | 'https', host: string, ports: Ports): string {
  const port = scheme === 'https' ? ports.https : ports.http
  const isUsual = port === (scheme === 'https' ? 443 : 80)
  return `${scheme}://${host === '$host' ? host : hostName(host)}${isUsual ? '' : `:${port}`}`
}

/** Never below a folder of the site: an authority is answered by us. */
const challenge = ({ challenges }: NginxFolders): string[] =>
  block('location ^~ /.well-known/acme-challenge/', [
    `root ${quote(challenges)};`,
    'default_type text/plain;',
  ])

function renderContent(folders: NginxFolders, site: WebSite): string[] {
  const uri = hostName(site.uri)
  return [
    `root ${quote(site.root)};`,
    `index ${site.php ? 'index.php ' : ''}index.html index.htm;`,
    `access_log ${quote(accessLog(folders, uri))} combined if=$hd_is_visit;`,
    `error_log ${quote(errorLog(folders, uri))} warn;`,
    'add_header X-Content-Type-Options nosniff always;',
    'add_header X-Frame-Options SAMEORIGIN always;',
    'add_header Referrer-Policy strict-origin-when-cross-origin always;',
    ...challenge(folders),
    ...(site.isEnabled ? renderEnabled(site) : renderDisabled()),
  ]
}

const renderDisabled = (): string[] => [
  'add_header Cache-Control no-store always;',
  'add_header Retry-After 3600 always;',
  ...block('location /', ['default_type text/html;', `return 503 ${DISABLED_PAGE};`]),
]

function renderEnabled(site: WebSite): string[] {
  return [
    // Hidden files are nobody's business, but for the folder that says what is well known of a site.
    ...block('location ~ /\\.(?!well-known(?:/|$))', ['return 404;']),
    ...(site.hiddenPatterns ?? []).flatMap(renderHiddenPattern),
    ...unique(site.hidden).flatMap(renderHidden),
    ...renderHiddenEndings(site.hiddenEndings ?? []),
    ...site.folders.flatMap((folder) => renderFolder(site, folder)),
    ...(site.php
      ? [...fastCgi(site.php), ...phpLocations(site.php)]
      : [
          ...block('location /', ['try_files $uri $uri/ =404;']),
          'error_page 404 /404.html;',
          ...block('location = /404.html', ['internal;']),
        ]),
  ]
}

/** A file, or a folder where the address ends with `/`. */
const renderHidden = (address: string): string[] =>
  block(`location ${address.endsWith('/') ? '^~' : '='} ${quoteAddress(address)}`, ['return 404;'])

function renderHiddenPattern(pattern: string): string[] {
  if (/["\p{Cc}]/u.test(pattern))
    throw badSite(`${JSON.stringify(pattern)} has a sign that nginx takes for its own`)
  return block(`location ~ "${pattern}"`, ['return 404;'])
}

/** Such as of code that is no page, wherever it lies. */
function renderHiddenEndings(endings: readonly string[]): string[] {
  if (endings.length === 0) return []
  const bad = endings.find((ending) => !/^[a-z0-9]{1,20}$/.test(ending))
  if (bad !== undefined) throw badSite(`${JSON.stringify(bad)} is no ending of files`)
  return block(`location ~* "\\.(?:${endings.join('|')})$"`, ['return 404;'])
}

/**
 * A folder in which no PHP is run. Where the site's code can write, no link is followed at all: nginx may read every file
 * of this account, and so would whoever makes a link.
 */
function renderFolder(
  site: WebSite,
  { address, folder, isWritable, isMade }: WebFolderOf,
): string[] {
  const place = folder ?? `${site.root}${address.replace(/\/$/, '')}`
  const alias = folder === undefined ? [] : [`alias ${quote(`${folder}/`)};`]
  const links = isWritable ? [`disable_symlinks on from=${quote(place)};`] : []
  const isFront = isMade === true && site.php !== undefined
  return block(`location ^~ ${quoteAddress(address)}`, [
    ...alias,
    ...links,
    ...block(`location ~* "^${matchAddress(address)}.*\\.(?:${CODE})(?:/|$)"`, ['return 403;']),
    ...block(`location ~ "^${matchAddress(address)}(?:.*/)?\\."`, ['return 404;']),
    ...(isFront ? ['error_page 404 = @front;', 'log_not_found off;'] : []),
  ])
}

type WebFolderOf = WebSite['folders'][number]

/** What some PHP somewhere takes for code. */
const CODE = 'php[0-9]?|phtml|pht|phps|phar'

const unique = (texts: readonly string[]): string[] => [...new Set(texts)]
