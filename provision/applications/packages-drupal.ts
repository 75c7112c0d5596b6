import path from 'node:path'
import { arrange, findFiles, headOf, type Package, toLine } from './packages.ts'

/** What of the code is for its own tests. */
const BESIDES = ['tests', 'Tests', 'node_modules', 'vendor', 'src', 'templates', 'config']

/**
 * The modules, themes and profiles that a Drupal (7 to 11) carries beside its core, which counts as one; the profiles of
 * the core are told, since sites are made by one.
 */
export async function readDrupalPackages(
  root: string,
  version: string | null,
): Promise<readonly Package[]> {
  const core: Package = { type: 'core', name: 'drupal', title: 'Drupal', version }
  const packages = version?.startsWith('7.')
    ? await readAll(root, SEVEN, version)
    : await readAll(root, LATER, version)
  return arrange([core, ...packages])
}

interface Places {
  fits: RegExp
  folders: Readonly<Record<string, Package['type']>>
  parse: (text: string) => Record<string, string>
}

/** Drupal 7 keeps the modules of its core beside those of others: what says `project = drupal` is core's. */
const SEVEN: Places = {
  fits: /^[a-z][a-z0-9_]*\.info$/,
  folders: {
    profiles: 'profile',
    modules: 'module',
    themes: 'theme',
    'sites/all/modules': 'module',
    'sites/all/themes': 'theme',
  },
  parse: (text) => parseLines(text, /^([a-z]+)\s*=\s*(.*)$/),
}

const LATER: Places = {
  fits: /^[a-z][a-z0-9_]*\.info\.yml$/,
  folders: { 'core/profiles': 'profile', profiles: 'profile', modules: 'module', themes: 'theme' },
  parse: (text) => parseLines(text, /^([a-z]+):\s*(.*?)\s*(?:\s#.*)?$/),
}

async function readAll(
  root: string,
  { fits, folders, parse }: Places,
  coreVersion: string | null,
): Promise<Package[]> {
  const packages: Package[] = []
  for (const [folder, type] of Object.entries(folders)) {
    const files = await findFiles(path.join(root, folder), fits, { levels: 5, besides: BESIDES })
    for (const file of files) {
      const facts = parse(await headOf(file))
      const found = toPackage(path.basename(file), type, facts, coreVersion)
      if (found !== undefined) packages.push(found)
    }
  }
  return packages
}

const TYPES: readonly Package['type'][] = ['module', 'theme', 'profile']

function toPackage(
  file: string,
  place: Package['type'],
  facts: Record<string, string>,
  coreVersion: string | null,
): Package | undefined {
  const isCores = facts['project'] === 'drupal' || facts['version'] === 'VERSION'
  const type = TYPES.find((one) => one === toLine(facts['type'])) ?? place
  const isHidden = /^(true|TRUE|1)$/.test(facts['hidden'] ?? '')
  if (isHidden || (isCores && type !== 'profile')) return undefined
  const name = file.replace(/\.info(\.yml)?$/, '')
  const version = facts['version'] === 'VERSION' ? coreVersion : toLine(facts['version'])
  return { type, name, title: toLine(facts['name']) ?? name, version }
}

function parseLines(text: string, line: RegExp): Record<string, string> {
  const facts: Record<string, string> = Object.create(null) as Record<string, string>
  for (const one of text.split('\n')) {
    const [, key, value] = line.exec(one.trimEnd()) ?? []
    if (key !== undefined && value !== undefined) facts[key] = value.replace(/^(['"])(.*)\1$/, '$2')
  }
  return facts
}
