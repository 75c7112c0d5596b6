import { readdir, readFile } from 'node:fs/promises'
import { type Owner, ourselves } from './owner.ts'
import { pause } from './process.ts'
import { ProvisionError } from './provision-error.ts'

/**
 * What this program starts has in its environment whose it is, and so has all that comes of it. Where the program alone was
 * killed, they go on; who sets right what it left behind ends them first. No other process ever has this mark: it also says
 * when its owner began, and since when the machine is up.
 */
const NAME = 'HOSTING_DESK_OWNER'

/** How long ended processes may take to be gone. */
const PATIENCE_MS = 10_000

export const markOf = ({ pid, start, boot }: Owner): string => `${pid} ${start} ${boot}`

let ours: Promise<string> | undefined

/** Our own mark, as one tells it to what runs elsewhere. */
export const ownMark = (): Promise<string> => (ours ??= ourselves().then(markOf))

/** The mark as an environment has it. Only Linux shows those of processes. */
export const ownMarking = async (): Promise<Record<string, string>> =>
  process.platform === 'linux' ? { [NAME]: await ownMark() } : {}

/** Ends all that an owner that is gone had started; returns how many there were. Throws PROVISION_LOCKED. */
export async function endChildren(owner: Owner): Promise<number> {
  const ended = new Set<number>()
  const giveUpAt = performance.now() + PATIENCE_MS
  for (let left = await find(owner); left.length > 0; left = await find(owner)) {
    if (performance.now() > giveUpAt)
      throw new ProvisionError(
        'PROVISION_LOCKED',
        `What a command that was killed had started does not end: look at the processes ${left.join(', ')}.`,
      )
    for (const pid of left) {
      ended.add(pid)
      kill(pid)
    }
    await pause(20)
  }
  return ended.size
}

async function find(owner: Owner): Promise<number[]> {
  const marked = `\0${NAME}=${markOf(owner)}\0`
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Of other accounts it cannot be read; of a dead one it is empty.
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
      return `\0${environment}`.includes(marked) ? [Number(pid)] : []
    }),
  )
  return found.flat()
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
