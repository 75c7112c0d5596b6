import type { WebPhp } from '../web-service.ts'
import { badSite, block, matchAddress, quote, quoteAddress, quoteValue } from './text.ts'

/** What a script is told of the question; `$hd_…` is set where the script is chosen. */
const PARAMS: Readonly<Record<string, string>> = {
  GATEWAY_INTERFACE: 'CGI/1.1',
  SERVER_SOFTWARE: 'nginx',
  SERVER_PROTOCOL: '$server_protocol',
  SERVER_ADDR: '$server_addr',
  SERVER_PORT: '$server_port',
  SERVER_NAME: '$host',
  REMOTE_ADDR: '$remote_addr',
  REMOTE_PORT: '$remote_port',
  REQUEST_METHOD: '$request_method',
  REQUEST_SCHEME: '$scheme',
  REQUEST_URI: '$request_uri',
  QUERY_STRING: '$query_string',
  CONTENT_TYPE: '$content_type',
  CONTENT_LENGTH: '$content_length',
  DOCUMENT_ROOT: '$document_root',
  DOCUMENT_URI: '$hd_script',
  SCRIPT_NAME: '$hd_script',
  SCRIPT_FILENAME: '$document_root$hd_script',
  PATH_INFO: '$hd_path_info',
  REDIRECT_STATUS: '200',
  // With its port, without which an application on an unusual one leads to itself for ever.
  HTTP_HOST: '$http_host',
  // Who asks must not choose a proxy for what the application asks for in turn (httpoxy).
  HTTP_PROXY: '',
}

/** Values that would stay in the worker for every later request, of whatever site (slots have one worker for all). */
const NEVER = ['PHP_VALUE', 'PHP_ADMIN_VALUE', 'HTTPS']

/**
 * What holds for every script of a site. The list of parameters is complete and the same in each location, since a
 * location that names one of its own would lose all others.
 */
export function fastCgi({ params }: WebPhp): string[] {
  const own = Object.entries(params).map(([name, value]) => {
    if (!/^[A-Z][A-Z0-9_]{0,63}$/.test(name) || NEVER.includes(name) || Object.hasOwn(PARAMS, name))
      throw badSite(`a site cannot set the parameter ${JSON.stringify(name)}`)
    return `fastcgi_param ${name} ${quoteValue(name, value)};`
  })
  return [
    ...Object.entries(PARAMS).map(([name, value]) => `fastcgi_param ${name} "${value}";`),
    'fastcgi_param HTTPS $https if_not_empty;',
    ...own,
    'fastcgi_ignore_headers X-Accel-Redirect X-Accel-Buffering X-Accel-Charset;',
    'fastcgi_buffer_size 32k;',
    'fastcgi_buffers 16 16k;',
    'fastcgi_read_timeout 300s;',
  ]
}

/** A file that is there is sent or run; everything else goes to the front controller. */
export function phpLocations(php: WebPhp): string[] {
  const pass = `fastcgi_pass ${quote(`unix:${php.socket}`)};`
  return [
    ...block('location /', ['try_files $uri $uri/ @front;']),
    ...block('location @front', [
      `set $hd_script ${quoteAddress(php.frontController)};`,
      'set $hd_path_info "";',
      pass,
    ]),
    ...(php.scripts === undefined ? anyScript(pass) : namedScripts(php.scripts, pass)),
  ]
}

const anyScript = (pass: string): string[] =>
  block('location ~ "^(?<hd_file>.+?\\.php)(?<hd_rest>/.*)?$"', runFile(pass))

/** Named scripts answer, also with a path behind them; any other is not there. */
function namedScripts(scripts: readonly string[], pass: string): string[] {
  const names = scripts.map(matchAddress).join('|')
  return [
    ...block(`location ~ "^(?<hd_file>${names})(?<hd_rest>/.*)?$"`, runFile(pass)),
    ...block('location ~* "\\.php(?:/|$)"', ['return 404;']),
  ]
}

const runFile = (pass: string): string[] => [
  'set $hd_script $hd_file;',
  'set $hd_path_info $hd_rest;',
  // A name that is no file never reaches PHP, which might run a part of it.
  'try_files $hd_file =404;',
  pass,
]
