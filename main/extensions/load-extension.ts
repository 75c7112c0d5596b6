import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Feature } from '../hooks/feature.ts'
import { checkFeature } from './check-feature.ts'
import type { FoundExtension } from './found-extension.ts'

/** A module that waits for something for ever must not keep the application from starting. */
const LOAD_LIMIT_MS = 10_000

/** Runs an extension's `index.mjs` and checks what it exports. Throws where it is no feature or takes too long. */
export async function loadExtension(
  { name, folder, hash, problem }: FoundExtension,
  limitMs = LOAD_LIMIT_MS,
): Promise<Feature> {
  if (problem !== null) throw new Error(problem)
  const url = pathToFileURL(path.join(folder, 'index.mjs'))
  // Node keeps a module by its address: another content is another address.
  url.search = hash
  const module = await within(import(/* @vite-ignore */ url.href) as Promise<unknown>, limitMs)
  const exported =
    typeof module === 'object' && module !== null && 'default' in module
      ? module.default
      : undefined
  if (exported === undefined) throw new Error('index.mjs has no default export.')
  return checkFeature(exported, name)
}

async function within<Result>(work: Promise<Result>, limitMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`It took longer than ${limitMs / 1000} s to load.`)),
      limitMs,
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
