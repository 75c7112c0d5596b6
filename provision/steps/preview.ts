import type { PlannedChange } from '#shared/protocol/planned-change.ts'
import { findText } from '../system/files.ts'
import { unifiedDiff } from './diff.ts'
import type { Step } from './step.ts'

/** What a list of steps would change, in their order; nothing is changed. Throws what a step can tell would stop it. */
export async function previewSteps(
  steps: readonly Step[],
  signal: AbortSignal,
): Promise<PlannedChange[]> {
  const changes: PlannedChange[] = []
  for (const step of steps)
    changes.push(
      ...((await step.preview?.(signal)) ?? [{ kind: 'other', action: 'run', target: step.title }]),
    )
  return changes
}

/** All diffs together, in characters: the result is one line, and a line has its limit. */
const MAX_DIFFS = 400_000

/** The same changes; those whose diffs do not fit any more are without. */
export function fitDiffs(changes: readonly PlannedChange[], room = MAX_DIFFS): PlannedChange[] {
  let left = room
  return changes.map(({ diff, ...change }) => {
    if (diff === undefined || diff.length > left) return change
    left -= diff.length
    return { ...change, diff }
  })
}

/** A text file as it is to be; without text it goes. None where it is so already. `isSecret`: its content is not shown. */
export async function planText(
  file: string,
  text: string | undefined,
  { isSecret = false } = {},
): Promise<PlannedChange[]> {
  return planChange('file', file, { before: await findText(file), after: text, isSecret })
}

/** The same for any text by its name. */
export function planChange(
  kind: PlannedChange['kind'],
  target: string,
  texts: { before: string | undefined; after: string | undefined; isSecret?: boolean },
): PlannedChange[] {
  const { before, after } = texts
  if (before === after) return []
  const action = before === undefined ? 'create' : after === undefined ? 'remove' : 'change'
  const isShown = action !== 'remove' && texts.isSecret !== true && !isKey(before) && !isKey(after)
  return [
    { kind, action, target, ...(isShown ? { diff: unifiedDiff(before ?? '', after ?? '') } : {}) },
  ]
}

const isKey = (text = ''): boolean => text.includes('PRIVATE KEY')
