import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { namesIn, findRealFolder, isOnlyOurs } from '../system/files.ts'
import { checkHalf } from './check-half.ts'
import { Extensions, type Shipped } from './extensions.ts'
import { serverDesk } from './server-desk.ts'
import type { ServerHalf } from './server-half.ts'

const FOLDER = /^([a-z][a-z0-9-]{0,47})-[0-9a-f]{8}$/
const FILE = /^[A-Za-z0-9][\w.-]{0,99}\.mjs$/

/**
 * Takes `--extension PATH` off the front of a command line: which extensions a run names, and what is left. No other run
 * loads anything of them.
 */
export function takeExtensionPaths(argv: readonly string[]): {
  paths: readonly string[]
  rest: readonly string[]
} {
  const paths: string[] = []
  let rest = argv
  for (; rest[0] === '--extension' && rest[1] !== undefined; rest = rest.slice(2))
    paths.push(rest[1])
  return { paths, rest }
}

/**
 * The server halves that a run names. One that is not where extensions lie, is not this account's alone, or does not load
 * is left out and named; what only it declares is then refused, and everything else goes on.
 */
export async function loadExtensions(
  paths: readonly string[],
  {
    folder,
    shipped,
    onProblem,
  }: { folder: string; shipped: Shipped; onProblem: (message: string) => void },
): Promise<Extensions> {
  const extensions = new Extensions(shipped, paths)
  for (const place of paths) {
    try {
      const name = await checkPlace(place, folder)
      for (const half of await loadFolder(place))
        for (const problem of extensions.add(name, half)) onProblem(problem)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      onProblem(`The extension ${path.basename(place)} was left out: ${why}`)
    }
  }
  return extensions
}

/** The extension's name. What another account could have written is not run. */
async function checkPlace(place: string, folder: string): Promise<string> {
  const name = FOLDER.exec(path.basename(place))?.[1]
  const parent = await findRealFolder(path.dirname(place))
  if (name === undefined || parent === undefined || parent !== (await findRealFolder(folder)))
    throw new Error(`it does not lie in ${folder}`)
  for (const one of [path.dirname(folder), folder, place])
    if (!(await isOnlyOurs(one, 'folder')))
      throw new Error(`${one} is not a folder that only this account can write to`)
  return name
}

async function loadFolder(place: string): Promise<ServerHalf[]> {
  const halves: ServerHalf[] = []
  for (const name of (await namesIn(place)).filter((one) => FILE.test(one))) {
    const file = path.join(place, name)
    if (!(await isOnlyOurs(file, 'file')))
      throw new Error(`${file} is not a file that only this account can write to`)
    const module = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as {
      default?: unknown
    }
    if (module.default === undefined) continue
    if (typeof module.default !== 'function')
      throw new Error(`the default export of ${name} is no function`)
    const create = module.default as (desk: typeof serverDesk) => unknown
    halves.push(checkHalf(await create(serverDesk)))
  }
  return halves
}
