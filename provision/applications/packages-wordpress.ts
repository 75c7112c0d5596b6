import path from 'node:path'
import { namesIn } from '../system/files.ts'
import { arrange, findFiles, headOf, type Package, toLine } from './packages.ts'

/** The plugins and themes that a WordPress carries, by the heads of their files, which WordPress itself reads. */
export async function readWordPressPackages(
  root: string,
  version: string | null,
): Promise<readonly Package[]> {
  const core: Package = { type: 'core', name: 'wordpress', title: 'WordPress', version }
  const content = path.join(root, 'wp-content')
  const plugins = await readPlugins(path.join(content, 'plugins'))
  const always = await readPlugins(path.join(content, 'mu-plugins'))
  return arrange([core, ...plugins, ...always, ...(await readThemes(path.join(content, 'themes')))])
}

/** A plugin is a file, or a folder in whose first level one file says so. */
async function readPlugins(folder: string): Promise<Package[]> {
  const packages = new Map<string, Package>()
  for (const file of await findFiles(folder, /\.php$/, { levels: 2 })) {
    const [name = ''] = path
      .relative(folder, file)
      .replace(/\.php$/, '')
      .split('/')
    const found = toPackage('plugin', name, await headOf(file))
    if (found !== undefined && !packages.has(name)) packages.set(name, found)
  }
  return [...packages.values()]
}

async function readThemes(folder: string): Promise<Package[]> {
  const packages: Package[] = []
  for (const name of await namesIn(folder).catch(() => [])) {
    const found = toPackage('theme', name, await headOf(path.join(folder, name, 'style.css')))
    if (found !== undefined) packages.push(found)
  }
  return packages
}

function toPackage(type: 'plugin' | 'theme', name: string, head: string): Package | undefined {
  const fact = (key: string): string | null =>
    toLine(new RegExp(`^(?:[ \\t]*<\\?php)?[ \\t/*#@]*${key}:(.*)$`, 'im').exec(head)?.[1])
  const title = fact(type === 'plugin' ? 'Plugin Name' : 'Theme Name')
  return title === null ? undefined : { type, name, title, version: fact('Version') }
}
