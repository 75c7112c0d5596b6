import path from 'node:path'
import { isRecord } from '#shared/protocol/wire.ts'
import type { Json } from '#shared/domain/json.ts'
import { ensureFolder, kindOf, sizeOf } from '../../system/files.ts'
import { copyTree } from '../../system/trees.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import type { Ability, CodeApplication, CodeSite, SiteFile, SlotWork } from '../application.ts'
import { findDump } from '../foreign-dump.ts'
import { incomplete } from '../missing.ts'
import { PHP_HEAD, phpValue } from '../php-text.ts'
import run from '../php/plain.php?raw'

/** Where a plain PHP application has its scripts for hosting; hidden, so the web never reaches them. */
const SCRIPTS = '.hosting-desk'

/**
 * PHP of any kind with a front page `index.php`. Its code is the platform's and is shared; a site has its settings, `files`
 * (on the web at /files/) and `private`. How an application finds its database, and which scripts it may bring for its
 * hosting, stands in docs/plain-php.md.
 */
export const plainPhp: CodeApplication = {
  kind: 'code',
  name: 'php',
  writable: ['files', 'private'],
  keptColumns: [],
  async recognise(root) {
    const front = path.join(root, 'index.php')
    const isThere = (await kindOf(front)) === 'file'
    if (!isThere && (await kindOf(path.join(root, SCRIPTS))) !== 'folder') return undefined
    if (!isThere || (await sizeOf(front)) === 0)
      throw incomplete(root, 'a PHP application', [isThere ? 'what is in index.php' : 'index.php'])
    return { version: null, warnings: [], abilities: await abilitiesIn(root) }
  },
  webApp: ({ root, folder, slot }) =>
    Promise.resolve({
      root,
      folders: [{ address: '/files/', folder: path.join(folder, 'files'), isWritable: true }],
      hidden: [],
      php: {
        socket: slot.socket,
        frontController: '/index.php',
        params: { HD_SETTINGS: path.join(folder, 'settings.php') },
      },
    }),
  platformFiles: () => Promise.resolve([]),
  async layOut({ root }, folder, { signal, warn }) {
    await ensureFolder(path.join(folder, 'private'), 0o750)
    // What lies in the platform's own folder of that name is what each site begins with.
    const files = path.join(root, 'files')
    const onLeftOut = (name: string): void => warn(`Left out, since it is no plain file: ${name}`)
    if ((await kindOf(files)) === 'folder')
      await copyTree(files, path.join(folder, 'files'), { signal, onLeftOut })
    else await ensureFolder(path.join(folder, 'files'), 0o750)
  },
  settings: (site) => [{ name: 'settings.php', text: renderSettings(site) }],
  secrets: () => renderSecret(),
  async scriptFor(work, root) {
    const file = scriptFile(root, SCRIPT_OF[work])
    if ((await kindOf(file)) === 'file') return file
    // What can be told of any PHP is.
    return work === 'status' ? 'status.php' : undefined
  },
  async install(site, signal) {
    const answer = await call(site, 'install', signal)
    return { loginLink: loginLinkIn(site, answer) ?? null }
  },
  async update(site, signal) {
    await call(site, 'update', signal)
  },
  async renamed(site, signal) {
    await call(site, 'renamed', signal)
  },
  status: (site, signal) => call(site, 'status', signal),
  async findForeign(folder) {
    if ((await kindOf(path.join(folder, 'files'))) !== 'folder') return undefined
    const files = ['files', 'private'].map((name) => ({ from: name, to: name }))
    return { dump: await findDump(folder), files, facts: {} }
  },
  abilities: {
    cron: async (site, signal) => {
      await refuseWithout(site, 'cron')
      await call(site, 'cron', signal)
      return {}
    },
    'login-reset': async (site, signal) => {
      await refuseWithout(site, 'login')
      const link = loginLinkIn(site, await call(site, 'login', signal))
      if (link !== undefined) return { loginLink: link }
      throw new ProvisionError(
        'PROVISION_SITE_CODE_FAILED',
        `${SCRIPTS}/login.php returned no loginLink at ${site.url}.`,
      )
    },
  },
}

type Script = 'install' | 'update' | 'renamed' | 'status' | 'cron' | 'login'

const SCRIPT_OF: Readonly<Record<SlotWork, Script>> = {
  install: 'install',
  update: 'update',
  renamed: 'renamed',
  status: 'status',
  cron: 'cron',
  'login-reset': 'login',
}

const scriptFile = (root: string, script: Script): string =>
  path.join(root, SCRIPTS, `${script}.php`)

async function abilitiesIn(root: string): Promise<Ability[]> {
  const abilities: Ability[] = []
  for (const ability of ['cron', 'login-reset'] as const)
    if ((await kindOf(scriptFile(root, SCRIPT_OF[ability]))) === 'file') abilities.push(ability)
  return abilities
}

async function refuseWithout({ root }: CodeSite, script: Script): Promise<void> {
  if ((await kindOf(scriptFile(root, script))) === 'file') return
  throw new ProvisionError(
    'PROVISION_NO_SUCH_ABILITY',
    `This platform has no ${SCRIPTS}/${script}.php, with which its sites would do that.`,
  )
}

function call(site: CodeSite, script: Script, signal: AbortSignal): Promise<Json> {
  const { root, folder, url } = site
  const { host, protocol } = new URL(url)
  const input = {
    root,
    settings: path.join(folder, 'settings.php'),
    script: scriptFile(root, script),
    url: { host, isHttps: protocol === 'https:' },
  }
  return site.evaluate(run, input, signal)
}

/** Only a link to the site itself is handed on. */
function loginLinkIn({ url }: CodeSite, answer: Json): string | undefined {
  const link = isRecord(answer) ? answer['loginLink'] : undefined
  return typeof link === 'string' && link.startsWith(`${url}/`) && link.length < 2000
    ? link
    : undefined
}

function renderSettings({ uri, url, aliases, title, mail, language, database }: CodeSite): string {
  const settings = {
    site: { name: uri, url, aliases, title, mail, language },
    database: {
      name: database.name,
      user: database.user,
      // The account of this site's slot is known to the database by the socket.
      password: '',
      socket: database.socket,
      dsn: `mysql:unix_socket=${database.socket};dbname=${database.name};charset=utf8mb4`,
    },
  }
  return `${PHP_HEAD}
$settings = ${phpValue(settings)};
$settings['secret'] = require __DIR__ . '/secret.php';
$settings['files'] = __DIR__ . '/files';
$settings['private'] = __DIR__ . '/private';
return is_file(__DIR__ . '/local.php') ? array_replace_recursive($settings, require __DIR__ . '/local.php') : $settings;
`
}

/** Something that nobody else knows, for whatever the application signs. */
async function renderSecret(): Promise<SiteFile[]> {
  const { randomBytes } = await import('node:crypto')
  return [{ name: 'secret.php', text: `<?php\nreturn '${randomBytes(32).toString('hex')}';\n` }]
}
