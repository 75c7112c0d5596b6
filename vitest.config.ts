import { defineConfig } from 'vitest/config'
import vue from '@vitejs/plugin-vue'
import { breakExport } from './tools/break-export.ts'

/** Set by the check of docs/from-aegir.md. */
const broken = process.env['BREAK_EXPORT']

/**
 * `unit` needs nothing but Node, `pages` a browser too; `integration` and `e2e` need what test/run.ts sets up, and are
 * alone on the machine, as their accounts and ports are.
 */
const project = (name: string, include: string[], testTimeout: number, isSerial = false) => ({
  plugins: [vue(), ...(broken === undefined ? [] : [breakExport(broken)])],
  test: { name, include, testTimeout, hookTimeout: 60_000, fileParallelism: !isSerial },
})

export default defineConfig({
  test: {
    // What was broken on purpose is in no cache, and takes nothing from one.
    fsModuleCache: broken === undefined,
    projects: [
      project('unit', ['test/{shared,main,provision,renderer,tools}/**/*.test.ts'], 10_000),
      project('integration', ['test/integration/**/*.test.ts'], 60_000, true),
      project('pages', ['test/pages/**/*.test.ts'], 120_000),
      project('e2e', ['test/e2e/**/*.test.ts'], 120_000, true),
      project('long', ['test/long/**/*.test.ts'], 1_800_000, true),
    ],
  },
})
