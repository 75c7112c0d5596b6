import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { setTimeout as delay } from 'node:timers/promises'

const runFile = promisify(execFile)

/** Ends everything that carries the marker in its environment: TERM first, KILL after the grace time. */
export async function endProcesses(marker: string, { graceMs = 3000 } = {}): Promise<void> {
  const endAt = performance.now() + graceMs
  sendSignal(await findProcesses(marker), 'SIGTERM')
  while ((await findProcesses(marker)).length > 0) {
    if (performance.now() > endAt) sendSignal(await findProcesses(marker), 'SIGKILL')
    if (performance.now() > endAt + graceMs) return
    await delay(50)
  }
}

function sendSignal(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It ended between being found and being told.
    }
  }
}

/** Runs detach themselves from everything else, but not from the environment that they were started with. */
export async function findProcesses(marker: string): Promise<number[]> {
  const wanted = `HOSTING_DESK_DEMO=${marker}`
  const found = process.platform === 'linux' ? await findInProc(wanted) : await findByPs(wanted)
  return found.filter((pid) => pid !== process.pid)
}

async function findInProc(wanted: string): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const checked = await Promise.all(
    names.map(async (name) => {
      // Empty for a process that has ended and was not waited for yet.
      const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '')
      return environment.split('\0').includes(wanted) ? [Number(name)] : []
    }),
  )
  return checked.flat()
}

async function findByPs(wanted: string): Promise<number[]> {
  const { stdout } = await runFile('ps', ['-axEww', '-o', 'pid=,command='], {
    maxBuffer: 64 * 1024 * 1024,
  })
  return stdout
    .split('\n')
    .filter((line) => line.split(' ').includes(wanted))
    .map((line) => Number.parseInt(line, 10))
}
