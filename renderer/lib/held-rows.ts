/**
 * Rows that stay where they are while their contents are renewed: what is under the pointer must not move. Rows of
 * `fresh` that were not shown are left out, except at places from `offset` on that nothing was known of yet.
 */
export function mergeHeld<Row extends { id: string }>(
  shown: readonly (Row | undefined)[],
  fresh: readonly Row[],
  offset: number,
): (Row | undefined)[] {
  const byId = new Map(fresh.map((row) => [row.id, row]))
  const known = new Set(shown.flatMap((row) => (row === undefined ? [] : [row.id])))
  // Not `map`, which leaves out the places of a list that were never set.
  return Array.from(shown, (row, place) => {
    if (row !== undefined) return byId.get(row.id) ?? row
    const arrived = fresh[place - offset]
    return arrived !== undefined && !known.has(arrived.id) ? arrived : undefined
  })
}
