import path from 'node:path'
import { isRecord } from '#shared/protocol/wire.ts'
import type { Json, JsonRecord } from '#shared/domain/json.ts'
import type { WebApp } from '../../services/web-service.ts'
import { ensureFolder, findText, kindOf, namesIn } from '../../system/files.ts'
import { copyTree } from '../../system/trees.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import type { CodeApplication, CodeSite, Recognised, SlotWork } from '../application.ts'
import { findMissing, incomplete } from '../missing.ts'
import { readWordPressPackages } from '../packages-wordpress.ts'
import { joinScripts } from '../php-script.ts'
import address from '../php/wordpress/address.php?raw'
import packages from '../php/packages.php?raw'
import boot from '../php/wordpress/boot.php?raw'
import cron from '../php/wordpress/cron.php?raw'
import install from '../php/wordpress/install.php?raw'
import login from '../php/wordpress/login.php?raw'
import renamed from '../php/wordpress/renamed.php?raw'
import status from '../php/wordpress/status.php?raw'
import update from '../php/wordpress/update.php?raw'
import { findForeignWordPress } from './foreign.ts'
import { PLATFORM_CONFIG, renderKeys, renderSettings, tablePrefixOf } from './settings.ts'

/** WordPress: its code is the platform's; `wp-content` and the configuration are the site's own. */
export const wordPress: CodeApplication = {
  kind: 'code',
  name: 'wordpress',
  writable: ['content/uploads'],
  // What feeds are told apart by.
  keptColumns: ['posts.guid'],
  recognise,
  webApp,
  platformFiles,
  layOut,
  settings: renderSettings,
  secrets: async () => [{ name: 'keys.php', text: await renderKeys() }],
  scriptFor: (work) => Promise.resolve(`wordpress/${SCRIPTS[work]}.php`),
  async install(site, signal) {
    const { title, mail, language } = site
    const facts = { title, mail, language: language.replace('-', '_'), user: 'admin' }
    const answer = await call(site, install, signal, { ...facts, isInstalling: true })
    return { loginLink: loginLinkIn(site, answer) }
  },
  async update(site, signal) {
    await call(site, update, signal)
  },
  async findUrl(site, signal) {
    const table = `${tablePrefixOf(site)}options`
    const input = { database: { ...site.database }, table }
    const url = await site.evaluate(address, input, signal)
    return typeof url === 'string' && URL.canParse(url) ? url : site.url
  },
  async renamed(site, signal) {
    await call(site, renamed, signal)
  },
  status: (site, signal) =>
    call(site, joinScripts(packages, status), signal, { isInstalling: true }),
  findForeign: findForeignWordPress,
  abilities: {
    cron: async (site, signal) => {
      const answer = await call(site, cron, signal)
      return { events: isRecord(answer) ? (answer['events'] ?? 0) : 0 }
    },
    'login-reset': async (site, signal) => ({
      loginLink: loginLinkIn(site, await call(site, login, signal)),
    }),
  },
}

const SCRIPTS: Readonly<Record<SlotWork, string>> = {
  install: 'install',
  update: 'update',
  renamed: 'renamed',
  status: 'status',
  cron: 'cron',
  'login-reset': 'login',
}

async function recognise(root: string): Promise<Recognised | undefined> {
  const signs = await findMissing(root, SIGNS)
  if (signs.length === SIGNS.length) return undefined
  const missing = await findMissing(root, await neededIn(root))
  const text = await findText(path.join(root, 'wp-includes/version.php'))
  const version = /^\$wp_version = '([\w.-]{1,40})';/m.exec(text ?? '')?.[1]
  if (version === undefined || missing.length > 0) throw incomplete(root, 'WordPress', missing)
  const found = await readWordPressPackages(root, version)
  const hasTheme = found.some(({ type }) => type === 'theme')
  const warning = `${root} has no theme: the front pages of its sites will be empty.`
  return { version, packages: found, warnings: hasTheme ? [] : [warning] }
}

/** One of these says that it is meant to be a WordPress. */
const SIGNS = ['wp-load.php', 'wp-settings.php', 'wp-includes/version.php']
const NEEDED = [
  ...SIGNS,
  'index.php',
  'wp-blog-header.php',
  'wp-cron.php',
  'wp-login.php',
  'wp-admin/index.php',
  'wp-admin/includes/upgrade.php',
]
/** Whatever these files load must be there, too. */
const LOADERS = ['wp-settings.php', 'wp-admin/includes/upgrade.php', 'wp-admin/includes/admin.php']
const LOADS = /^\s*require(?:_once)?[ (]+ABSPATH \. (WPINC \. '\/|')([\w/.-]+\.php)'/gm

async function neededIn(root: string): Promise<string[]> {
  const texts = await Promise.all(LOADERS.map((name) => findText(path.join(root, name))))
  const loaded = texts.flatMap((text) =>
    [...(text ?? '').matchAll(LOADS)].map(([, from = '', name = '']) =>
      from.startsWith('WPINC') ? `wp-includes/${name}` : name,
    ),
  )
  return [...new Set([...NEEDED, ...loaded])].filter((name) => name !== 'wp-config.php')
}

/** Debian's package asks for a configuration by a name, and the bootstrap script has made one of this name. */
const DEBIAN_NAME = 'hosting-desk'
const LEADS_ON = /HD_SITE_CONFIG|WORDPRESS_CONFIG/

async function platformFiles(root: string): Promise<{ name: string; text: string }[]> {
  const text = await findText(path.join(root, 'wp-config.php'))
  if (text === undefined) return [{ name: 'wp-config.php', text: PLATFORM_CONFIG }]
  if (LEADS_ON.test(text)) return []
  throw new ProvisionError(
    'PROVISION_PLATFORM_CONFIGURED',
    `${root}/wp-config.php configures one site, and a platform is for many: move it away, and verify the platform again.`,
  )
}

async function webApp({ root, folder, slot }: CodeSite): Promise<WebApp> {
  const content = path.join(folder, 'content')
  const own = await namesIn(path.join(content, 'themes'))
  const shared = (await namesIn(path.join(root, 'wp-content/themes'))).filter(
    (name) => /^[\w.-]+$/.test(name) && !own.includes(name) && !name.endsWith('.php'),
  )
  return {
    root,
    folders: [
      {
        address: '/wp-content/uploads/',
        folder: path.join(content, 'uploads'),
        isWritable: true,
      },
      ...shared.map((name) => ({ address: `/wp-content/themes/${name}/`, isWritable: false })),
      { address: '/wp-content/', folder: content, isWritable: false },
    ],
    hidden: ['/wp-config.php'],
    php: {
      socket: slot.socket,
      frontController: '/index.php',
      params: {
        HD_SITE_CONFIG: path.join(folder, 'wp-config.php'),
        WORDPRESS_CONFIG: DEBIAN_NAME,
      },
    },
  }
}

async function layOut(
  { root }: CodeSite,
  folder: string,
  { signal, warn }: { signal: AbortSignal; warn: (message: string) => void },
): Promise<void> {
  const content = path.join(folder, 'content')
  for (const name of ['themes', 'mu-plugins', 'uploads'])
    await ensureFolder(path.join(content, name), 0o750)
  // There is no second folder for plugins: each site has those of its platform as its own.
  const plugins = path.join(root, 'wp-content/plugins')
  const onLeftOut = (name: string): void => warn(`Left out, since it is no plain file: ${name}`)
  if ((await kindOf(plugins)) === 'folder')
    await copyTree(plugins, path.join(content, 'plugins'), { signal, onLeftOut })
  else await ensureFolder(path.join(content, 'plugins'), 0o750)
}

function call(
  site: CodeSite,
  script: string,
  signal: AbortSignal,
  more: JsonRecord = {},
): Promise<Json> {
  const { host, protocol } = new URL(site.url)
  const input = {
    isInstalling: false,
    ...more,
    root: site.root,
    config: path.join(site.folder, 'wp-config.php'),
    debianName: DEBIAN_NAME,
    url: { host, isHttps: protocol === 'https:' },
  }
  return site.evaluate(joinScripts(boot, script), input, signal)
}

/** What a site says is its own word: a link that leads elsewhere is not handed on. */
function loginLinkIn({ url }: CodeSite, answer: Json): string {
  const link = isRecord(answer) ? answer['loginLink'] : undefined
  if (typeof link === 'string' && link.startsWith(`${url}/`) && link.length < 2000) return link
  throw new ProvisionError(
    'PROVISION_SITE_CODE_FAILED',
    `The site gave no link to log in at ${url}.`,
  )
}
