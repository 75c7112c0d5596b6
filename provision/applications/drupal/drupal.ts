import path from 'node:path'
import { isRecord } from '#shared/protocol/wire.ts'
import type { Json, JsonRecord } from '#shared/domain/json.ts'
import type { WebApp } from '../../services/web-service.ts'
import { ensureFolder, kindOf, mayWrite } from '../../system/files.ts'
import { asCode, ProvisionError } from '../../system/provision-error.ts'
import type { CodeApplication, CodeSite, SiteFile } from '../application.ts'
import { findDump } from '../foreign-dump.ts'
import { joinScripts } from '../php-script.ts'
import boot from '../php/drupal/boot.php?raw'
import login from '../php/drupal/login.php?raw'
import renamed from '../php/drupal/renamed.php?raw'
import { recogniseDrupal, versionOf } from './recognise.ts'
import { nameScript, scriptsFor } from './scripts.ts'
import { renderSalt, renderSettings, SITES_FILE } from './settings.ts'

/** Endings of files that are code and no page; Drupal's own .htaccess keeps them to itself. */
const HIDDEN_ENDINGS = [
  'engine',
  'inc',
  'install',
  'make',
  'module',
  'profile',
  'po',
  'sh',
  'sql',
  'theme',
  'twig',
  'yml',
]

/**
 * Drupal 7 to 11: many sites on one code, each in a folder below `sites` that is a link to the site's own in its slot.
 */
export const drupal: CodeApplication = {
  kind: 'code',
  name: 'drupal',
  writable: ['files', 'private'],
  keptColumns: [],
  recognise: recogniseDrupal,
  webApp,
  async platformFiles(root) {
    await refuseClosed(path.join(root, 'sites'))
    const isThere = (await kindOf(path.join(root, 'sites/sites.php'))) !== 'absent'
    return isThere ? [] : [{ name: 'sites/sites.php', text: SITES_FILE }]
  },
  platformLink: ({ root, uri }) => path.join(root, 'sites', uri),
  async layOut(_site, folder) {
    for (const name of ['files', 'private', 'config', 'modules', 'themes'])
      await ensureFolder(path.join(folder, name), 0o750)
  },
  settings: renderSettings,
  secrets: async (): Promise<SiteFile[]> => [{ name: 'salt.php', text: await renderSalt() }],
  scriptFor: async (work, root) => `drupal/${nameScript(work, await versionOf(root))}.php`,
  async install(site, signal) {
    const { title, mail, language } = site
    const profile = site.profile ?? 'standard'
    const facts = { title, mail, language, profile, user: 'admin' }
    await asCode('PROVISION_DRUPAL_INSTALL_FAILED', ['PROVISION_SITE_CODE_FAILED'], () =>
      call(site, 'install', signal, facts),
    )
    return { loginLink: await makeLink(site, signal) }
  },
  async update(site, signal) {
    await call(site, 'update', signal)
  },
  movedTexts: (from, to) => [[`/sites/${from}/files/`, `/sites/${to}/files/`]],
  async renamed(site, signal) {
    await evaluate(site, renamed, signal)
  },
  status: (site, signal) => call(site, 'status', signal),
  async findForeign(folder) {
    if ((await kindOf(path.join(folder, 'files'))) !== 'folder') return undefined
    const files = ['files', 'private', 'modules', 'themes', 'config'].map((name) => ({
      from: name,
      to: name,
    }))
    return { dump: await findDump(folder), files, facts: {} }
  },
  abilities: {
    cron: async (site, signal) => {
      await call(site, 'cron', signal)
      return {}
    },
    'login-reset': async (site, signal) => ({ loginLink: await makeLink(site, signal) }),
  },
}

/** Each site has a link in there. */
async function refuseClosed(sites: string): Promise<void> {
  if (await mayWrite(sites)) return
  throw new ProvisionError(
    'PROVISION_SITES_DIR_NOT_WRITABLE',
    `This account cannot write to ${sites}, where each site of a Drupal has its place: make it this account's own.`,
  )
}

function webApp({ root, uri, folder, slot }: CodeSite): Promise<WebApp> {
  return Promise.resolve({
    root,
    folders: [
      {
        address: `/sites/${uri}/files/`,
        folder: path.join(folder, 'files'),
        isWritable: true,
        isMade: true,
      },
    ],
    hidden: [
      `/sites/${uri}/private/`,
      `/sites/${uri}/config/`,
      '/vendor/',
      '/composer.json',
      '/composer.lock',
      '/web.config',
    ],
    hiddenEndings: HIDDEN_ENDINGS,
    // The links of all sites on this code lie in its `sites`, and each leads to what that site keeps to itself.
    hiddenPatterns: [`^/sites/(?!(?:all|default|${uri.replaceAll('.', '\\.')})/)[^/]+/`],
    php: {
      socket: slot.socket,
      frontController: '/index.php',
      scripts: ['/index.php', '/update.php', '/xmlrpc.php'],
      params: { HD_SITE: uri },
    },
  })
}

/** What Drupal says is its own word: only a link to the site itself is handed on. */
async function makeLink(site: CodeSite, signal: AbortSignal): Promise<string> {
  const answer = await evaluate(site, login, signal)
  const link = isRecord(answer) ? answer['loginLink'] : undefined
  if (typeof link === 'string' && link.startsWith(`${site.url}/`) && link.length < 2000) return link
  throw new ProvisionError(
    'PROVISION_SITE_CODE_FAILED',
    `The site gave no link to log in at ${site.url}.`,
  )
}

async function call(
  site: CodeSite,
  script: 'install' | 'update' | 'cron' | 'status',
  signal: AbortSignal,
  more: JsonRecord = {},
): Promise<Json> {
  const scripts = scriptsFor(await versionOf(site.root))
  return evaluate(site, scripts[script], signal, more)
}

async function evaluate(
  site: CodeSite,
  script: string,
  signal: AbortSignal,
  more: JsonRecord = {},
): Promise<Json> {
  const { host, protocol } = new URL(site.url)
  const scripts = scriptsFor(await versionOf(site.root))
  const url = { host, isHttps: protocol === 'https:' }
  const input = { ...more, root: site.root, site: site.uri, url }
  return site.evaluate(joinScripts(boot, scripts.boot, script), input, signal)
}
