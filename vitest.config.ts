import { defineConfig } from 'vitest/config'
import vue from '@vitejs/plugin-vue'

/** `unit` needs nothing but Node; `integration` and `e2e` need what test/run.ts sets up. */
const project = (name: string, include: string[], testTimeout: number, isSerial = false) => ({
  plugins: [vue()],
  test: { name, include, testTimeout, hookTimeout: 60_000, fileParallelism: !isSerial },
})

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/{shared,main,provision,renderer,tools}/**/*.test.ts'], 10_000),
      project('integration', ['test/integration/**/*.test.ts'], 60_000, true),
      project('e2e', ['test/e2e/**/*.test.ts'], 120_000, true),
      project('long', ['test/long/**/*.test.ts'], 1_800_000, true),
    ],
  },
})
