import type { PlannedChange } from '#shared/protocol/planned-change.ts'

/** The kinds in the order in which they are shown. */
const TITLES: Readonly<Record<PlannedChange['kind'], string>> = {
  folder: 'Folders',
  file: 'Files',
  database: 'Databases',
  slot: 'Slots',
  certificate: 'Certificates',
  script: 'Scripts, run in the site’s slot',
  reload: 'Services',
  context: 'What the server knows',
  other: 'Also',
}

const DEEDS: Readonly<Record<PlannedChange['action'], string>> = {
  create: 'new',
  change: 'changes',
  remove: 'goes',
  move: 'moves',
  run: 'runs',
}

export interface ShownChange {
  deed: string
  target: string
  detail: string
  /** Its lines; undefined where there is nothing to fold out. */
  diff: string[] | undefined
}

/** Changes by kind, each kind's in the order in which they would be made; a reload that comes twice is told once. */
export function groupChanges(
  changes: readonly PlannedChange[],
): { kind: PlannedChange['kind']; title: string; changes: ShownChange[] }[] {
  return (Object.keys(TITLES) as PlannedChange['kind'][]).flatMap((kind) => {
    const own = changes.filter((change) => change.kind === kind)
    if (own.length === 0) return []
    return [{ kind, title: TITLES[kind], changes: once(own.map(toShown)) }]
  })
}

const toShown = ({ kind, action, target, detail = '', diff }: PlannedChange): ShownChange => ({
  deed: kind === 'reload' ? 'reload' : DEEDS[action],
  target,
  detail,
  diff: diff ? diff.replace(/\n$/, '').split('\n') : undefined,
})

function once(changes: readonly ShownChange[]): ShownChange[] {
  const seen = new Set<string>()
  return changes.filter((change) => {
    const key = JSON.stringify(change)
    return !seen.has(key) && seen.add(key)
  })
}

/** Which side of a change a line of a diff stands for. */
export function lineTone(line: string): 'new' | 'old' | 'place' | 'same' {
  if (line.startsWith('@@')) return 'place'
  return line.startsWith('+') ? 'new' : line.startsWith('-') ? 'old' : 'same'
}
