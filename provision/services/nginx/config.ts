import path from 'node:path'
import { ProvisionError } from '../../system/provision-error.ts'
import type { WebSite } from '../web-service.ts'

/** Where nginx's files lie, all below one folder of the account. */
export interface NginxFolders {
  root: string
  main: string
  listen: string
  vhosts: string
  logs: string
  temporary: string
  run: string
  pid: string
  errorLog: string
  /** Names the master that has loaded what lies here. */
  loaded: string
}

/** Throws PROVISION_UNSAFE_HOME where the path has a sign that means something in nginx's configuration. */
export function nginxFoldersOf(root: string): NginxFolders {
  if (!/^\/[\p{L}\p{N}/._@+ -]*$/u.test(root))
    throw new ProvisionError(
      'PROVISION_UNSAFE_HOME',
      `nginx cannot be configured in ${JSON.stringify(root)}: the path has more than letters, digits, space and . _ @ + -.`,
    )
  const below = (...parts: string[]): string => path.join(root, ...parts)
  return {
    root,
    main: below('nginx.conf'),
    listen: below('listen.conf'),
    vhosts: below('vhost.d'),
    logs: below('log'),
    temporary: below('tmp'),
    run: below('run'),
    pid: below('run', 'nginx.pid'),
    errorLog: below('log', 'error.log'),
    loaded: below('run', 'loaded'),
  }
}

export const vhostFile = (folders: NginxFolders, uri: string): string =>
  path.join(folders.vhosts, `${uri}.conf`)

export const accessLog = (folders: NginxFolders, uri: string): string =>
  path.join(folders.logs, `${uri}.access.log`)

const HEAD = '# Written by Hosting Desk; what is changed here is overwritten by the next verify.'

const TYPES: Readonly<Record<string, string>> = {
  'text/html': 'html htm shtml',
  'text/css': 'css',
  'text/plain': 'txt',
  'text/xml': 'xml',
  'text/markdown': 'md',
  'text/csv': 'csv',
  'text/calendar': 'ics',
  'text/javascript': 'js mjs',
  'application/json': 'json map',
  'application/manifest+json': 'webmanifest',
  'application/atom+xml': 'atom',
  'application/rss+xml': 'rss',
  'application/pdf': 'pdf',
  'application/wasm': 'wasm',
  'application/zip': 'zip',
  'application/gzip': 'gz tgz',
  'image/svg+xml': 'svg svgz',
  'image/png': 'png',
  'image/jpeg': 'jpg jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/x-icon': 'ico',
  'font/woff': 'woff',
  'font/woff2': 'woff2',
  'font/ttf': 'ttf',
  'font/otf': 'otf',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg oga',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
}

/** What everyone sees of a site that is disabled. */
const DISABLED_PAGE = `'<!doctype html><html lang="en"><meta charset="utf-8"><title>Not available</title><h1>This site is not available at the moment.</h1></html>'`

/** The one configuration of a master that runs as the sandbox user: everything it writes lies in its own folder. */
export function renderMain(folders: NginxFolders): string {
  const types = Object.entries(TYPES).map(([type, endings]) => `    ${type} ${endings};`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${quote(path.join(folders.temporary, kind))};`,
  )
  return `${HEAD}
pid ${quote(folders.pid)};
error_log ${quote(folders.errorLog)};
worker_processes auto;
events {
  worker_connections 1024;
}
http {
  types {
${types.join('\n')}
  }
  default_type application/octet-stream;
  charset utf-8;
  access_log off;
${temporary.join('\n')}
  server_tokens off;
  sendfile on;
  tcp_nopush on;
  gzip on;
  gzip_types text/css text/plain text/javascript application/json image/svg+xml;
  # A host name has up to 253 characters; the usual 64 break the whole configuration at 47.
  server_names_hash_bucket_size 512;
  server_names_hash_max_size 8192;
  # The workers can read every file of this account: a link must not lead to one of them.
  disable_symlinks if_not_owner;
  # Who asks for a name that is nobody's here gets no site.
  server {
    include ${quote(folders.listen)};
    server_name _;
    return 444;
  }
  include ${quote(path.join(folders.vhosts, '*.conf'))};
}
`
}

/** Where every server block listens. In a file of its own, so that a changed port reaches all of them at once. */
export function renderListen(port: number, { hasIpv6 }: { hasIpv6: boolean }): string {
  return [HEAD, `listen ${port};`, ...(hasIpv6 ? [`listen [::]:${port};`] : []), ''].join('\n')
}

/** The server blocks of one static site. */
export function renderVhost(folders: NginxFolders, site: WebSite, port: number): string {
  const names = [site.uri, ...site.aliases]
  const { redirection } = site
  if (redirection === null) return [HEAD, renderServer(folders, site, names)].join('\n')
  const others = names.filter((name) => name !== redirection)
  return [
    HEAD,
    renderServer(folders, site, [redirection]),
    ...(others.length > 0 ? [renderRedirect(folders, others, redirection, port)] : []),
  ].join('\n')
}

function renderServer(folders: NginxFolders, site: WebSite, names: readonly string[]): string {
  const content = site.isEnabled
    ? `  location / {
    try_files $uri $uri/ =404;
  }
  # Hidden files are nobody's business, but for the folder that certificates are proved by.
  location ~ /\\.(?!well-known(?:/|$)) {
    return 403;
  }
  error_page 404 /404.html;
  location = /404.html {
    internal;
  }`
    : `  location / {
    default_type text/html;
    return 503 ${DISABLED_PAGE};
  }`
  return `server {
  include ${quote(folders.listen)};
  server_name ${names.map(serverName).join(' ')};
  root ${quote(site.root)};
  index index.html index.htm;
  access_log ${quote(accessLog(folders, hostName(site.uri)))} combined;
  add_header X-Content-Type-Options nosniff always;
${content}
}
`
}

function renderRedirect(
  folders: NginxFolders,
  names: readonly string[],
  target: string,
  port: number,
): string {
  const suffix = port === 80 || port === 443 ? '' : `:${port}`
  return `server {
  include ${quote(folders.listen)};
  server_name ${names.map(serverName).join(' ')};
  return 301 $scheme://${hostName(target)}${suffix}$request_uri;
}
`
}

/** A path between quotes. `$` would be a variable in some directives; nothing escapes it. */
function quote(text: string): string {
  if (/[$"\\\p{Cc}]/u.test(text))
    throw new ProvisionError('PROVISION_UNSAFE_HOME', `nginx cannot take ${JSON.stringify(text)}.`)
  return `"${text}"`
}

/** A host name, or a wildcard, which nginx takes only where no server names the host itself. */
const serverName = (name: string): string =>
  /^\*\.[^.]+\./.test(name) ? `*.${hostName(name.slice(2))}` : hostName(name)

/** Names were checked when they were saved; a file that someone changed by hand was not. */
function hostName(name: string): string {
  if (/^[a-z0-9]([a-z0-9.-]{0,233}[a-z0-9])?$/.test(name)) return name
  throw new ProvisionError('PROVISION_BAD_OPTION', `${JSON.stringify(name)} is not a host name.`)
}
