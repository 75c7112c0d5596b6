import path from 'node:path'
import { build } from 'vite'

const ROOT = path.resolve(import.meta.dirname, '../..')
const SHIPPED = path.join(ROOT, 'provision/applications/shipped.ts')

/** Builds the program as it ships, but with the applications of another file, into a folder; returns the bundle. */
export async function programWith(applications: string, folder: string): Promise<string> {
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'silent',
    publicDir: false,
    ssr: { noExternal: true, target: 'node' },
    plugins: [
      {
        name: 'other-applications',
        enforce: 'pre',
        resolveId: (source, importer) =>
          importer !== undefined && path.resolve(path.dirname(importer), source) === SHIPPED
            ? applications
            : null,
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
