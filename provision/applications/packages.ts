import path from 'node:path'
import { namesIn, readBeginning } from '../system/files.ts'

/** One part of a platform's code that has a version of its own, or of its application. */
export interface Package {
  type: 'core' | 'module' | 'theme' | 'plugin' | 'profile'
  name: string
  title: string
  version: string | null
}

/** No platform has more that anybody would read. */
const MAX_PACKAGES = 2000

/** What describes a package stands at the beginning of its file. */
const HEAD_BYTES = 16_384

/** Sorted as people look for them, and no more than a result may carry. */
export const arrange = (packages: readonly Package[]): Package[] =>
  [...packages]
    .sort((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type) || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_PACKAGES)

const ORDER: readonly Package['type'][] = ['core', 'profile', 'module', 'plugin', 'theme']

export const headOf = (file: string): Promise<string> => readBeginning(file, HEAD_BYTES)

/** One line for people, from a file that is somebody's code. */
export function toLine(text: string | undefined): string | null {
  const line = (text ?? '')
    .replace(/^(['"])(.*)\1$/, '$2')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .trim()
    .slice(0, 120)
  return line === '' ? null : line
}

/** The files below a folder whose names fit, at most so many levels down; hidden folders and those named are left out. */
export async function findFiles(
  folder: string,
  fits: RegExp,
  { levels, besides = [] }: { levels: number; besides?: readonly string[] },
): Promise<string[]> {
  const names = await namesIn(folder).catch(() => [])
  const found = names.filter((name) => fits.test(name)).map((name) => path.join(folder, name))
  if (levels <= 1) return found
  const below = names.filter((name) => !/[.]/.test(name) && !besides.includes(name))
  for (const name of below)
    found.push(...(await findFiles(path.join(folder, name), fits, { levels: levels - 1, besides })))
  return found
}
