import type { FeatureRow } from '#shared/contract/feature.ts'

/** Features under their headings, in the order in which main gave them; extensions come last. */
export function toFeatureGroups(
  rows: readonly FeatureRow[],
): { title: string; rows: FeatureRow[] }[] {
  const shipped = rows.filter(({ extension }) => extension === null)
  const extensions = rows.filter(({ extension }) => extension !== null)
  const groups = new Map<string, FeatureRow[]>()
  for (const row of [...shipped, ...extensions])
    groups.set(row.group, [...(groups.get(row.group) ?? []), row])
  return [...groups].map(([title, inGroup]) => ({ title, rows: inGroup }))
}

/** Why a feature does nothing, for people; undefined where it does, or where it is simply off. */
export function toHeldText({ state }: FeatureRow): string | undefined {
  switch (state.state) {
    case 'on':
    case 'off':
      return undefined
    case 'held':
      return `Off, because it requires ${state.missing.join(' and ')}, which is off or not there.`
    case 'broken':
      return `It cannot be used: ${state.problem}`
  }
}

/** Whether the operator's switch stands on, whatever came of it. */
export const isSwitchedOn = ({ state }: FeatureRow): boolean =>
  state.state === 'on' || state.state === 'held'
