import path from 'node:path'
import { build } from 'vite'

const ROOT = path.resolve(import.meta.dirname, '../..')
const SHIPPED = {
  applications: path.join(ROOT, 'provision/applications/shipped.ts'),
  faults: path.join(ROOT, 'provision/steps/faults.ts'),
}

/** Files that take the place of what ships. */
export type Replacements = Partial<Record<keyof typeof SHIPPED, string>>

/** Builds the program as it ships, but with other files in some places, into a folder; returns the bundle. */
export async function programWith(files: Replacements, folder: string): Promise<string> {
  const replacement = (file: string): string | null =>
    (Object.keys(SHIPPED) as (keyof typeof SHIPPED)[])
      .filter((name) => SHIPPED[name] === file)
      .map((name) => files[name])[0] ?? null
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'silent',
    publicDir: false,
    ssr: { noExternal: true, target: 'node' },
    plugins: [
      {
        name: 'replacements',
        enforce: 'pre',
        resolveId: (source, importer) =>
          importer === undefined ? null : replacement(path.resolve(path.dirname(importer), source)),
      },
    ],
    build: {
      ssr: true,
      target: 'node18',
      outDir: folder,
      emptyOutDir: false,
      rolldownOptions: {
        input: path.join(ROOT, 'provision/cli.ts'),
        output: { codeSplitting: false, entryFileNames: 'provision.mjs' },
      },
    },
  })
  return path.join(folder, 'provision.mjs')
}
