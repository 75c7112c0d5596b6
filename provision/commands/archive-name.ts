/** How much of a host name stands in the name of its backups: the longest leave no room for the rest. */
export const MAX_URI = 200

/** What the name of a backup says: whose it is, as far as it fits, and from when. */
export function parseArchiveName(name: string): { uri: string; createdAt: number } | undefined {
  const parts = /^(.+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:_\d+)?\.tar\.gz$/.exec(name)
  if (parts === null) return undefined
  const [year = 0, month = 1, day, hour, minute, second] = parts.slice(2).map(Number)
  const createdAt = Date.UTC(year, month - 1, day, hour, minute, second)
  return { uri: parts[1] ?? '', createdAt }
}
