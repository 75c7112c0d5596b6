/** Something the palette can do or lead to. */
export interface Command {
  label: string
  icon: string
  /** What it is about, behind the label. */
  suffix?: string
  /** What else a person may call it; never shown. */
  words?: string
  /** Why it cannot be done now: it is shown greyed, with this. */
  refusal?: string
  to?: string
  run?: () => void
  keys?: readonly string[]
}

export interface CommandGroup {
  id: string
  label: string
  commands: readonly Command[]
  /** Somebody else has searched already: nothing is left out. */
  isFound?: boolean
  /** Only ever after the other groups: what was, after what can be done. */
  isPast?: boolean
}

/**
 * The groups as a search leaves them, the best match first; where two match alike, in the order given. What is greyed
 * comes last, in a group of its own. All of them where nothing is searched for.
 */
export function findCommands(groups: readonly CommandGroup[], search: string): CommandGroup[] {
  const found = groups
    .map((group) => narrow(group, search))
    .toSorted((a, b) => Number(a.isPast) - Number(b.isPast) || a.match - b.match)
  const possible = found.map(({ group }) => ({
    ...group,
    commands: group.commands.filter(({ refusal }) => refusal === undefined),
  }))
  const refused = found
    .flatMap(({ group }) => group.commands)
    .filter(({ refusal }) => refusal !== undefined)
  return [...possible, { id: 'refused', label: 'Not possible now', commands: refused }].filter(
    ({ commands }) => commands.length > 0,
  )
}

/** How well a command is what was meant: the less, the better. */
const MATCH = { name: 0, beginning: 1, words: 2, part: 3, other: 4, none: 5 } as const
type Match = (typeof MATCH)[keyof typeof MATCH]

function narrow(group: CommandGroup, search: string) {
  const ranked = group.commands
    .map((command) => ({ command, match: matchOf(command, search) }))
    .filter(({ match }) => group.isFound === true || match !== MATCH.none)
    .toSorted((a, b) => a.match - b.match)
  return {
    group: { ...group, commands: ranked.map(({ command }) => command) },
    isPast: group.isPast === true,
    match: Math.min(
      ...ranked.filter(({ command }) => command.refusal === undefined).map(({ match }) => match),
      MATCH.none,
    ),
  }
}

function matchOf({ label, suffix = '', words = '' }: Command, search: string): Match {
  const asked = search.trim().toLowerCase()
  const name = label.toLowerCase()
  if (asked === name) return MATCH.name
  if (name.startsWith(asked)) return MATCH.beginning
  const parts = asked.split(/\s+/)
  if (parts.every((part) => beginsWord(name, part))) return MATCH.words
  if (parts.every((part) => name.includes(part))) return MATCH.part
  const behind = suffix.toLowerCase()
  const isOther = parts.every(
    (part) => name.includes(part) || behind.includes(part) || beginsWord(words, part),
  )
  return isOther ? MATCH.other : MATCH.none
}

function beginsWord(text: string, part: string): boolean {
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1))
    if (!/[\p{L}\p{N}]$/u.test(text.slice(0, at))) return true
  return false
}
