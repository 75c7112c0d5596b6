import path from 'node:path'
import { VISITOR } from '../../system/net.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import { quote } from './text.ts'

/** Where nginx's files lie, all below one folder of the account. */
export interface NginxFolders {
  root: string
  main: string
  listen: string
  /** The same for HTTPS. */
  listenTls: string
  vhosts: string
  logs: string
  /** Certificates with their keys. */
  tls: string
  /** Its `.well-known/acme-challenge` is served by every site. */
  challenges: string
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
    listenTls: below('listen-tls.conf'),
    vhosts: below('vhost.d'),
    logs: below('log'),
    tls: below('tls'),
    challenges: below('acme'),
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

export const errorLog = (folders: NginxFolders, uri: string): string =>
  path.join(folders.logs, `${uri}.error.log`)

/** A file of the configuration as another one includes it: as it lies beside it, so that a copy of all can be tested. */
export const beside = ({ root }: NginxFolders, file: string): string =>
  quote(path.relative(root, file))

export const HEAD =
  '# Written by Hosting Desk; what is changed here is overwritten by the next verify.'

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

/** The one configuration of a master that runs as the sandbox user: everything it writes lies in its own folder. */
export function renderMain(folders: NginxFolders, { hasTls }: { hasTls: boolean }): string {
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
  # What this program asks by itself is no visit.
  map "$remote_addr $http_user_agent" $hd_is_visit {
    default 1;
    "127.0.0.1 ${VISITOR}" 0;
  }
${temporary.join('\n')}
  server_tokens off;
  sendfile on;
  tcp_nopush on;
  client_max_body_size 128m;
  gzip on;
  gzip_types text/css text/plain text/javascript application/json image/svg+xml;
  # A host name has up to 253 characters; the usual 64 break the whole configuration at 47.
  server_names_hash_bucket_size 512;
  server_names_hash_max_size 8192;
  # The workers can read every file of this account: a link must not lead to one of them.
  disable_symlinks if_not_owner;
  # Who asks for a name that is nobody's here gets no site.
  server {
    include ${beside(folders, folders.listen)};
    server_name _;
    return 444;
  }
${hasTls ? `${renderTls(folders)}\n` : ''}  include ${beside(folders, path.join(folders.vhosts, '*.conf'))};
}
`
}

/** What holds for HTTPS of every site; a stranger's name is refused before any certificate is shown. */
const renderTls = (folders: NginxFolders): string => `  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
  ssl_prefer_server_ciphers off;
  ssl_session_cache shared:hosting-desk:10m;
  ssl_session_timeout 1d;
  ssl_session_tickets off;
  server {
    include ${beside(folders, folders.listenTls)};
    server_name _;
    ssl_reject_handshake on;
    return 444;
  }`

/** Where every server block listens. In a file of its own, so that a changed port reaches all of them at once. */
export function renderListen(port: number, { hasIpv6 }: { hasIpv6: boolean }): string {
  return [HEAD, `listen ${port};`, ...(hasIpv6 ? [`listen [::]:${port};`] : []), ''].join('\n')
}

/** The same for HTTPS. From 1.25.1 on nginx takes HTTP/2 as a directive of its own, and warns of the older way. */
export function renderListenTls(
  port: number,
  { hasIpv6, version }: { hasIpv6: boolean; version: string | null },
): string {
  const isNew = isAtLeast(version, [1, 25, 1])
  const ending = isNew ? 'ssl' : 'ssl http2'
  return [
    HEAD,
    `listen ${port} ${ending};`,
    ...(hasIpv6 ? [`listen [::]:${port} ${ending};`] : []),
    ...(isNew ? ['http2 on;'] : []),
    '',
  ].join('\n')
}

function isAtLeast(version: string | null, wanted: readonly number[]): boolean {
  const parts = (version ?? '').split('.').map((part) => Number.parseInt(part, 10))
  const index = wanted.findIndex((part, at) => part !== parts[at])
  return index < 0 || (parts[index] ?? 0) > (wanted[index] ?? 0)
}
