import path from 'node:path'

/**
 * Who may import whom. A folder is named by its longest listed prefix; what is not listed for it is refused.
 * A change here is a design question: ask it openly (ARCHITECTURE.md, docs/decisions).
 */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  shared: ['shared'],

  'main/lib': ['shared'],
  'main/hooks': ['shared', 'main/lib'],
  'main/store': ['shared', 'main/lib'],
  'main/log': ['shared', 'main/lib'],
  'main/settings': ['shared', 'main/lib'],
  'main/ssh': ['shared', 'main/lib'],
  'main/demo': ['shared', 'main/lib'],
  'main/download': ['shared', 'main/lib', 'main/ssh'],
  'main/export': ['shared', 'main/lib', 'main/store', 'main/settings', 'main/task'],
  'main/extensions': ['shared', 'main/lib', 'main/hooks'],
  'main/bootstrap': ['shared', 'main/lib', 'main/ssh'],
  'main/crontab': ['shared', 'main/lib', 'main/ssh'],
  'main/backend': ['shared', 'main/lib', 'main/ssh'],
  'main/task': [
    'shared',
    'main/lib',
    'main/hooks',
    'main/store',
    'main/log',
    'main/settings',
    'main/ssh',
    'main/backend',
  ],
  'main/queue': ['shared', 'main/lib', 'main/hooks', 'main/store', 'main/settings', 'main/task'],
  'main/inventory': [
    'shared',
    'main/lib',
    'main/hooks',
    'main/store',
    'main/settings',
    'main/ssh',
    'main/backend',
    'main/task',
  ],
  'main/features': ['shared', 'main/hooks'],
  'main/rpc': [
    'shared',
    'main/lib',
    'main/hooks',
    'main/store',
    'main/log',
    'main/settings',
    'main/ssh',
    'main/backend',
    'main/task',
    'main/queue',
    'main/inventory',
    'main/extensions',
    'main/bootstrap',
    'main/crontab',
    'main/demo',
    'main/export',
    'main/download',
  ],
  'main/app.ts': ['shared', 'main'],
  'main/parts.ts': ['shared', 'main'],
  'main/shell/headless': [
    'shared',
    'main/lib',
    'main/app.ts',
    'main/rpc',
    'main/settings',
    'main/store',
  ],
  'main/shell/dispatch': [
    'shared',
    'main/lib',
    'main/app.ts',
    'main/rpc',
    'main/settings',
    'main/store',
    'main/shell/headless',
  ],
  'main/shell/desktop': [
    'shared',
    'main/lib',
    'main/app.ts',
    'main/rpc',
    'main/settings',
    'main/store',
    'electron',
  ],

  'renderer/views': ['shared', 'renderer'],
  'renderer/components': ['shared', 'renderer/components', 'renderer/composables', 'renderer/lib'],
  'renderer/composables': [
    'shared',
    'renderer/composables',
    'renderer/stores',
    'renderer/rpc',
    'renderer/lib',
  ],
  'renderer/stores': ['shared', 'renderer/stores', 'renderer/rpc', 'renderer/lib'],
  'renderer/rpc': ['shared', 'renderer/lib'],
  'renderer/lib': ['shared'],
  renderer: ['shared', 'renderer'],

  'provision/system': ['shared', 'machine'],
  'provision/context': ['shared', 'provision/system'],
  'provision/steps': ['shared', 'provision/system', 'provision/context'],
  'provision/services': ['shared', 'provision/system', 'provision/context', 'provision/steps'],
  'provision/sources': ['shared', 'provision/system', 'provision/steps'],
  // What the web is told of a site is data that the application returns.
  'provision/applications': [
    'shared',
    'provision/system',
    'provision/context',
    'provision/steps',
    'provision/services/web-service.ts',
  ],
  provision: ['shared', 'provision'],
}

/** Modules of Node with which a program touches the machine; `machine` stands for all of them in ARROWS. */
const MACHINE = /^(node:)?(fs|fs\/promises|child_process|net|http|https|os|dgram|cluster)$/

const longestPrefix = (file: string): string | undefined =>
  Object.keys(ARROWS)
    .filter((folder) => file === folder || file.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0]

/** Why `file` may not import `source`, or undefined where it may. Both paths are relative to the project. */
export function findBrokenArrow(file: string, source: string): string | undefined {
  const from = longestPrefix(file)
  if (from === undefined) return undefined
  const allowed = ARROWS[from] ?? []
  if (source === 'electron' || source.startsWith('electron/')) {
    return allowed.includes('electron') ? undefined : `only main/shell/desktop imports electron`
  }
  if (MACHINE.test(source)) {
    const isProvision = from.startsWith('provision')
    return isProvision && !allowed.includes('machine')
      ? `only provision/system touches the machine (${source})`
      : undefined
  }
  const target = source.startsWith('#')
    ? source.slice(1)
    : source.startsWith('.')
      ? path.posix.normalize(path.posix.join(path.posix.dirname(file), source))
      : undefined
  if (target === undefined) return undefined
  const inside = (folder: string): boolean => target === folder || target.startsWith(`${folder}/`)
  if (inside(from) || allowed.some(inside)) return undefined
  return `${from} may not import ${target}: its arrows lead to ${allowed.join(', ')} (tools/import-arrows.ts)`
}

interface ImportNode {
  source: { value?: unknown } | null
}
interface RuleContext {
  filename: string
  cwd: string
  report(problem: { node: ImportNode; message: string }): void
}

/** The ESLint rule over {@link findBrokenArrow}. */
export const importArrows = {
  create(context: RuleContext) {
    const file = path.relative(context.cwd, context.filename).split(path.sep).join('/')
    const check = (node: ImportNode): void => {
      if (typeof node.source?.value !== 'string') return
      const message = findBrokenArrow(file, node.source.value)
      if (message !== undefined) context.report({ node, message })
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    }
  },
}
