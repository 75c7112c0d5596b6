import { ESLint } from 'eslint'
import { describe, expect, test } from 'vitest'
import { findBrokenArrow } from '../../tools/import-arrows.ts'

describe('the import arrows', () => {
  test.each([
    ['shared/domain/task.ts', '../../main/app.ts'],
    ['shared/domain/task.ts', '../../renderer/main.ts'],
    ['main/store/store.ts', '../log/task-log.ts'],
    ['main/ssh/pool.ts', '../store/store.ts'],
    ['main/features/sites.ts', '../store/store.ts'],
    ['main/features/sites.ts', '../lib/ids.ts'],
    ['main/task/runner.ts', '../queue/plan.ts'],
    ['main/rpc/router.ts', '../shell/headless/server.ts'],
    ['main/app.ts', 'electron'],
    ['renderer/components/SiteList.vue', '../stores/sites.ts'],
    ['renderer/main.ts', '../main/app.ts'],
    ['provision/commands/site.ts', 'node:fs'],
    ['provision/cli.ts', '../main/app.ts'],
  ])('%s may not import %s', (file, source) => {
    expect(findBrokenArrow(file, source)).toBeDefined()
  })

  test.each([
    ['main/store/store.ts', '../lib/ids.ts'],
    ['main/features/sites.ts', '../hooks/feature.ts'],
    ['main/task/runner.ts', '#shared/errors.ts'],
    ['main/shell/desktop/main.ts', 'electron'],
    ['provision/system/files.ts', 'node:fs'],
    ['test/main/app.test.ts', '../../renderer/lib/words.ts'],
  ])('%s may import %s', (file, source) => {
    expect(findBrokenArrow(file, source)).toBeUndefined()
  })

  test('a deliberate wrong import fails the lint', async () => {
    const eslint = new ESLint({ flags: [] })
    const [result] = await eslint.lintText(
      "import { Store } from '../store/store.ts'\nexport const s = Store\n",
      {
        filePath: 'main/features/servers.ts',
      },
    )
    const broken = result?.messages.filter(({ ruleId }) => ruleId === 'desk/import-arrows') ?? []
    expect(broken.map(({ message }) => message)).toEqual([
      expect.stringContaining('main/features may not import main/store/store.ts'),
    ])
  }, 60_000)
})
