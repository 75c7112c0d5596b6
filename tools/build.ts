import { existsSync } from 'node:fs'
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { InlineConfig } from 'vite'
import { bootstrapScript } from './bootstrap-script.ts'

export type BuildTarget = 'renderer' | 'main' | 'provision' | 'templates'

export interface BuildResult {
  target: BuildTarget
  state: 'built' | 'fresh' | 'absent'
  durationMs: number
}

const ROOT = path.resolve(import.meta.dirname, '..')
const COMMON_INPUTS = ['shared', 'package-lock.json', 'tools/build.ts']

/** Beside the program, as the application sends both to servers. */
const BOOTSTRAP = 'bootstrap.sh'

/** What main does not carry in its bundle: production dependencies, and what Electron itself provides. */
const MAIN_EXTERNALS = ['electron', 'node-ssh', 'ssh2', 'sql.js', 'cpu-features']

const SHELLS: Readonly<Record<string, string>> = {
  desktop: 'main/shell/desktop/main.ts',
  headless: 'main/shell/headless/main.ts',
  cli: 'main/shell/dispatch/main.ts',
}
const DESKTOP_ASSETS = 'main/shell/desktop/assets'
const PRELOAD = 'main/shell/desktop/preload.ts'

interface TargetPlan {
  /** Files and folders under the project; whatever is newer than the outputs makes them stale. */
  inputs: readonly string[]
  /** Without any of these there is nothing to build yet. */
  entries: readonly string[]
  run: (outFolder: string) => Promise<void>
}

const PLANS: Readonly<Record<BuildTarget, TargetPlan>> = {
  provision: {
    inputs: ['provision', 'tools/bootstrap-script.ts', ...COMMON_INPUTS],
    entries: ['provision/cli.ts'],
    run: buildProvision,
  },
  templates: {
    inputs: ['provision/templates'],
    entries: ['provision/templates'],
    run: (outFolder) => cp(inRoot('provision/templates'), outFolder, { recursive: true }),
  },
  main: {
    inputs: ['main', ...COMMON_INPUTS],
    entries: [...Object.values(SHELLS), PRELOAD],
    run: buildMain,
  },
  renderer: {
    inputs: ['renderer', 'vite.config.ts', ...COMMON_INPUTS],
    entries: ['renderer/index.html'],
    run: buildRenderer,
  },
}
export const BUILD_TARGETS = Object.keys(PLANS) as readonly BuildTarget[]

/**
 * Builds what is stale into `dist/<target>`. Each target is written aside and put in place as a whole, so that two
 * builds at once do not mix. A target whose source is not there is `absent` and left alone.
 */
export async function build({
  targets = BUILD_TARGETS,
  force = false,
}: { targets?: readonly BuildTarget[]; force?: boolean } = {}): Promise<BuildResult[]> {
  const results: BuildResult[] = []
  for (const target of targets) {
    const startedAt = Date.now()
    const state = await buildTarget(target, force)
    results.push({ target, state, durationMs: Date.now() - startedAt })
  }
  return results
}

async function buildTarget(target: BuildTarget, force: boolean): Promise<BuildResult['state']> {
  const { entries, inputs, run } = PLANS[target]
  if (!entries.some((entry) => existsSync(inRoot(entry)))) return 'absent'
  const outFolder = inRoot('dist', target)
  const stampFile = inRoot('dist', `.${target}.stamp`)
  if (!force && !(await isStale(inputs, [outFolder, stampFile]))) return 'fresh'

  const startedAt = new Date()
  await mkdir(inRoot('dist'), { recursive: true })
  const aside = await mkdtemp(inRoot('dist', `.${target}-`))
  try {
    await run(path.join(aside, 'new'))
    await putInPlace(aside, outFolder)
    await writeFile(stampFile, '')
    // What changed while the build ran is newer than it.
    await utimes(stampFile, startedAt, startedAt)
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
  return 'built'
}

async function putInPlace(aside: string, outFolder: string, attempts = 3): Promise<void> {
  try {
    if (existsSync(outFolder)) await rename(outFolder, path.join(aside, `old-${attempts}`))
    await rename(path.join(aside, 'new'), outFolder)
  } catch (error) {
    // Another build put its own in place between our two steps.
    if (attempts === 1) throw error
    await putInPlace(aside, outFolder, attempts - 1)
  }
}

async function isStale(
  inputs: readonly string[],
  [outFolder, stampFile]: [string, string],
): Promise<boolean> {
  if (!existsSync(outFolder) || !existsSync(stampFile)) return true
  const builtAt = (await stat(stampFile)).mtimeMs
  const changes = await Promise.all(inputs.map((input) => newestChange(inRoot(input))))
  return Math.max(...changes) > builtAt
}

/** The latest mtime under a path, folders included, since they change when a file in them goes. */
async function newestChange(file: string): Promise<number> {
  const info = await stat(file).catch(() => undefined)
  if (info === undefined) return 0
  if (!info.isDirectory()) return info.mtimeMs
  const names = await readdir(file)
  const changes = await Promise.all(names.map((name) => newestChange(path.join(file, name))))
  return Math.max(info.mtimeMs, ...changes)
}

async function buildMain(outFolder: string): Promise<void> {
  const shells = Object.entries(SHELLS).filter(([, entry]) => existsSync(inRoot(entry)))
  if (shells.length > 0) {
    await viteBuild(
      nodeConfig(outFolder, {
        input: Object.fromEntries(shells.map(([name, entry]) => [name, inRoot(entry)])),
        target: 'node20',
        externals: MAIN_EXTERNALS,
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      }),
    )
  }
  const commandLine = path.join(outFolder, 'cli.js')
  if (existsSync(commandLine)) await chmod(commandLine, 0o755)
  const isPng = (file: string): boolean => !file.endsWith('.svg')
  await cp(inRoot(DESKTOP_ASSETS), path.join(outFolder, 'assets'), {
    recursive: true,
    filter: isPng,
  })
  // A sandboxed preload can load neither modules nor files beside it: one CommonJS file.
  await viteBuild(
    nodeConfig(outFolder, {
      input: inRoot(PRELOAD),
      target: 'node20',
      externals: ['electron'],
      output: { format: 'cjs', codeSplitting: false, entryFileNames: 'preload.cjs' },
    }),
  )
}

async function buildProvision(outFolder: string): Promise<void> {
  await viteBuild(
    nodeConfig(outFolder, {
      input: inRoot('provision/cli.ts'),
      target: 'node18',
      externals: [],
      minify: true,
      output: { codeSplitting: false, entryFileNames: 'provision.mjs' },
    }),
  )
  await writeFile(path.join(outFolder, BOOTSTRAP), bootstrapScript())
}

/** Loaded only when something is stale: it takes longer than to find out that nothing is. */
async function viteBuild(config: InlineConfig): Promise<void> {
  const { build: run } = await import('vite')
  await run(config)
}

async function buildRenderer(outFolder: string): Promise<void> {
  await viteBuild({
    configFile: inRoot('vite.config.ts'),
    logLevel: 'warn',
    build: {
      outDir: outFolder,
      emptyOutDir: false,
      rolldownOptions: { checks: { pluginTimings: false } },
    },
  })
}

interface NodeBuild {
  input: string | Record<string, string>
  target: string
  externals: string[]
  minify?: boolean
  output: NonNullable<NonNullable<InlineConfig['build']>['rolldownOptions']>['output']
}

function nodeConfig(outFolder: string, parts: NodeBuild): InlineConfig {
  return {
    configFile: false,
    root: ROOT,
    logLevel: 'warn',
    mode: 'production',
    define: { 'process.env.NODE_ENV': '"production"' },
    publicDir: false,
    ssr: { noExternal: true, external: parts.externals, target: 'node' },
    build: {
      ssr: true,
      target: parts.target,
      outDir: outFolder,
      emptyOutDir: false,
      minify: parts.minify ?? false,
      rolldownOptions: { input: parts.input, output: parts.output },
    },
  }
}

function inRoot(...parts: string[]): string {
  return path.join(ROOT, ...parts)
}

/** One line a target, for people. */
export function renderResult({ target, state, durationMs }: BuildResult): string {
  const words = {
    built: `built in ${(durationMs / 1000).toFixed(1)} s`,
    fresh: 'up to date',
    absent: `skipped: none of ${PLANS[target].entries.join(', ')} is there`,
  }
  return `${target}: ${words[state]}`
}

if (import.meta.main) await runFromCommandLine()

async function runFromCommandLine(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      force: { type: 'boolean', default: false },
      // Says nothing of what was up to date.
      quiet: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  })
  const unknown = positionals.filter((name) => !BUILD_TARGETS.includes(name as BuildTarget))
  if (unknown.length > 0) {
    console.error(`Unknown target ${unknown.join(', ')}; there are ${BUILD_TARGETS.join(', ')}.`)
    process.exit(2)
  }
  const targets = positionals.length > 0 ? (positionals as BuildTarget[]) : BUILD_TARGETS
  try {
    for (const result of await build({ targets, force: values.force })) {
      if (!values.quiet || result.state !== 'fresh') console.log(renderResult(result))
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
