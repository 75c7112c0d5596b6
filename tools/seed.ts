import { parseArgs } from 'node:util'
import { createServer } from 'vite'
import type * as Seed from '../test/support/seed.ts'
import { dataFolderOf } from '../main/lib/data-folder.ts'

/**
 * `npm run seed -- --data DIR [--sites 10000] [--tasks 100000] [--lines 1000000]`: fills an empty data folder through the
 * real store, for looking at the application as years of work leave it. `npm start -- --data DIR` opens it.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    sites: { type: 'string', default: '10000' },
    tasks: { type: 'string', default: '100000' },
    lines: { type: 'string', default: '1000000' },
  },
})
if (values.data === undefined) {
  console.error('Name an empty folder: npm run seed -- --data DIR')
  process.exit(2)
}

// The store's migrations are imported as text, which is the bundler's to do.
const vite = await createServer({
  configFile: false,
  server: { middlewareMode: true, watch: null },
  optimizeDeps: { noDiscovery: true },
  appType: 'custom',
  logLevel: 'error',
})
const { seed, seededTask } = (await vite.ssrLoadModule('/test/support/seed.ts')) as typeof Seed
const folder = dataFolderOf({ data: values.data })
const sizes = {
  sites: Number(values.sites),
  tasks: Number(values.tasks),
  lines: Number(values.lines),
}
const startedAt = performance.now()
await seed(folder, sizes)
await vite.close()
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
console.log(
  `${sizes.sites} sites, ${sizes.tasks} tasks and a log of ${sizes.lines} lines in ${seconds} s.`,
)
console.log(`The long log is that of #/tasks/${seededTask(sizes).taskId}`)
