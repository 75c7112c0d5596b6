import { readFile, readdir, stat } from 'node:fs/promises'
import { runProgram } from './process.ts'

/** The command line of a process as the system shows it; undefined where there is none. */
export async function findTitle(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    const title = raw.replaceAll('\0', ' ').trim()
    return title === '' ? undefined : title
  }
  const { exitCode, output } = await runProgram(['ps', '-o', 'command=', '-p', String(pid)])
  return exitCode === 0 ? output.trim() : undefined
}

/** The processes whose command line begins so, with their accounts, as far as we may see them. */
export async function processesTitled(beginning: string): Promise<{ pid: number; uid: number }[]> {
  const pids = (await readdir('/proc').catch(() => []))
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const title = await findTitle(pid)
      const uid = title?.startsWith(beginning) === true ? await ownerOf(pid) : undefined
      return uid === undefined ? [] : [{ pid, uid }]
    }),
  )
  return found.flat()
}

/** The account that a process runs as. */
export const ownerOf = async (pid: number): Promise<number | undefined> =>
  (await stat(`/proc/${pid}`).catch(() => undefined))?.uid

/** When a process began, in a form that only serves to compare; undefined where it is gone. */
export async function findStart(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return (await findStat(pid))?.start
  const { exitCode, output } = await runProgram(['ps', '-o', 'lstart=', '-p', String(pid)])
  return exitCode === 0 ? output.trim() : undefined
}

/** The processes that a process started and that live. */
export async function childrenOf(parent: number): Promise<number[]> {
  if (process.platform !== 'linux') return childrenByPs(parent)
  const quick = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8').catch(() => null)
  if (quick !== null) return quick.split(' ').filter(Boolean).map(Number)
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const stats = await Promise.all(pids.map(findStat))
  return pids.filter((_, index) => stats[index]?.parent === parent)
}

async function findStat(pid: number): Promise<{ parent: number; start: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name, in brackets, may hold spaces and brackets of its own.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, parent, start] = [fields?.[0], fields?.[1], fields?.[19]]
  // A dead process that nobody has collected (where there is no init to do it, for ever) is gone.
  if (state === 'Z' || state === 'X') return undefined
  return parent === undefined || start === undefined ? undefined : { parent: Number(parent), start }
}

async function childrenByPs(parent: number): Promise<number[]> {
  const { output } = await runProgram(['ps', '-A', '-o', 'ppid=', '-o', 'pid='])
  return output
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([ppid]) => ppid === parent)
    .map(([, pid]) => pid ?? 0)
}
