import { readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'

/** A file that a process opened, or a program that it started, while it was root. */
export interface RootOpen {
  pid: number
  file: string
}

/**
 * What was opened as root, from the log of `strace -f -y` over open, execve, the calls that change an account, and those
 * that make processes. A process begins as what its parent was, and stops to count once it has changed its account.
 */
export function rootOpens(log: string): RootOpen[] {
  const uids = new Map<number, number>()
  const parents = parentsOf(log)
  const opens: RootOpen[] = []
  const uidOf = (pid: number): number => {
    const parent = parents.get(pid)
    const uid = uids.get(pid) ?? (parent === undefined ? 0 : uidOf(parent))
    uids.set(pid, uid)
    return uid
  }
  for (const { pid, call, args, result } of callsIn(log)) {
    const uid = uidOf(pid)
    if (result < 0) continue
    const changed = changedUid(call, args)
    if (changed !== undefined) uids.set(pid, changed)
    const file = /^(?:AT_FDCWD(?:<[^>]*>)?, )?"([^"]*)"/.exec(args)?.[1]
    if (uid === 0 && file !== undefined && /^(open|openat|openat2|execve)$/.test(call))
      opens.push({ pid, file: path.resolve('/', file) })
  }
  return opens
}

interface Call {
  pid: number
  call: string
  args: string
  result: number
}

/** Calls that were cut in two by another process's are joined at their end. */
function callsIn(log: string): Call[] {
  const begun = new Map<string, string>()
  return log.split('\n').flatMap((line) => {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const unfinished = /^(\w+)\((.*) <unfinished \.\.\.>$/.exec(rest)
    if (unfinished !== null) {
      begun.set(`${pid} ${unfinished[1] ?? ''}`, unfinished[2] ?? '')
      return []
    }
    const resumed = /^<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)/.exec(rest)
    const whole = /^(\w+)\((.*)\) += (-?\d+)/.exec(rest)
    const [, call, end = '', result] = resumed ?? whole ?? []
    if (call === undefined) return []
    const start = resumed === null ? '' : (begun.get(`${pid} ${call}`) ?? '')
    return [{ pid: Number(pid), call, args: start + end, result: Number(result) }]
  })
}

const parentsOf = (log: string): Map<number, number> =>
  new Map(
    callsIn(log)
      .filter(({ call, result }) => /^(clone|clone3|fork|vfork)$/.test(call) && result > 0)
      .map(({ pid, result }) => [result, pid]),
  )

/** The effective account after setuid(n), setreuid(r, e) and setresuid(r, e, s). */
function changedUid(call: string, args: string): number | undefined {
  const ids = args.split(',').map(Number)
  const uid = call === 'setuid' ? ids[0] : /^setres?uid$/.test(call) ? ids[1] : undefined
  return uid === undefined || uid === -1 || Number.isNaN(uid) ? undefined : uid
}

/** Who could change what a path leads to: by writing the file, or by putting another in the place of one of its folders. */
export function canChange(file: string, { uid, gids }: { uid: number; gids: readonly number[] }) {
  const target = realOf(file)
  const parts = target.split('/').filter(Boolean)
  const all = ['/', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)]
  return all.some((one) => {
    const info = statSync(one, { throwIfNoEntry: false })
    // Devices such as /dev/null are everybody's, and no file.
    if (info === undefined || !(info.isFile() || info.isDirectory())) return false
    if (info.uid === uid) return true
    const isOfGroup = gids.includes(info.gid) && (info.mode & 0o020) !== 0
    return isOfGroup || (info.mode & 0o002) !== 0
  })
}

function realOf(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    // It is gone again: whoever could make it anew could change it.
    return path.join(realOf(path.dirname(file)), path.basename(file))
  }
}

export const readLog = (file: string): string => readFileSync(file, 'utf8')
