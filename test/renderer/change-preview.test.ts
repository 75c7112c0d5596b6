import { describe, expect, test } from 'vitest'
import type { PlannedChange } from '#shared/protocol/planned-change.ts'
import { groupChanges, lineTone } from '../../renderer/lib/change-preview.ts'

describe('planned changes', () => {
  test('are shown by kind, files before services, each kind in its own order', () => {
    const changes: PlannedChange[] = [
      { kind: 'context', action: 'change', target: '@a' },
      { kind: 'file', action: 'remove', target: '/b' },
      { kind: 'reload', action: 'run', target: 'nginx' },
      { kind: 'file', action: 'create', target: '/a', diff: '@@ -1 +1 @@\n+x\n' },
      { kind: 'reload', action: 'run', target: 'nginx' },
    ]
    const groups = groupChanges(changes)
    expect(groups.map(({ title }) => title)).toEqual(['Files', 'Services', 'What the server knows'])
    expect(groups[0]?.changes).toEqual([
      { deed: 'goes', target: '/b', detail: '', diff: undefined },
      { deed: 'new', target: '/a', detail: '', diff: ['@@ -1 +1 @@', '+x'] },
    ])
    expect(groups[1]?.changes).toHaveLength(1)
  })

  test('are none where nothing would change', () => {
    expect(groupChanges([])).toEqual([])
  })
})

test.each([
  ['@@ -1 +1 @@', 'place'],
  ['+new', 'new'],
  ['-old', 'old'],
  [' same', 'same'],
])('the line %j of a diff is %s', (line, tone) => {
  expect(lineTone(line)).toBe(tone)
})
