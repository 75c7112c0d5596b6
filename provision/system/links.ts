import { readdir, readlink, realpath } from 'node:fs/promises'
import path from 'node:path'

/**
 * Finds what is neither folder, plain file nor a link that stays inside, below a folder that is to stand at `place`:
 * paths relative to it, at most `limit` of them.
 */
export async function findStrays(
  folder: string,
  place: string,
  { signal, limit = 10_000 }: { signal: AbortSignal; limit?: number },
): Promise<string[]> {
  const strays: string[] = []
  const root = await realpath(folder)
  const look = async (below: string): Promise<void> => {
    for (const entry of await readdir(path.join(folder, below), { withFileTypes: true })) {
      signal.throwIfAborted()
      if (strays.length >= limit) return
      const name = path.join(below, entry.name)
      if (entry.isDirectory()) await look(name)
      else if (entry.isSymbolicLink()) {
        if (!(await staysInside(path.join(folder, name), root, place))) strays.push(name)
      } else if (!entry.isFile()) strays.push(name)
    }
  }
  await look('')
  return strays
}

/** A link without “..” stays inside if it is relative or names the place; one with “..” if it truly does. */
async function staysInside(link: string, root: string, place: string): Promise<boolean> {
  const target = await readlink(link)
  if (!target.split('/').includes('..')) return !path.isAbsolute(target) || isWithin(target, place)
  const real = await realpath(link).catch(() => undefined)
  return real !== undefined && !path.isAbsolute(target) && isWithin(real, root)
}

/** Whether one path is another or lies below it, by their text. */
export function isWithin(inner: string, outer: string): boolean {
  const way = path.relative(outer, inner)
  return way === '' || (way !== '..' && !way.startsWith('../') && !path.isAbsolute(way))
}
