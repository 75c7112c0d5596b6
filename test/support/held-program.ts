import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const PATIENCE_MS = 30_000

/**
 * Stops the program on the server as soon as it works at `context`, wherever it then is; what is returned lets it go on.
 * It takes longer to begin than it takes to be found.
 */
export async function holdProgram(context: string): Promise<() => void> {
  const giveUpAt = performance.now() + PATIENCE_MS
  for (;;) {
    const pid = findProgram(context)
    if (pid !== undefined) {
      process.kill(pid, 'SIGSTOP')
      return () => void process.kill(pid, 'SIGCONT')
    }
    if (performance.now() > giveUpAt) throw new Error(`No program came to work at ${context}`)
    await delay(1)
  }
}

function findProgram(context: string): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      const [, program = '', , about] = argvOf(pid)
      return program.endsWith('/provision.mjs') && about === context
    })
}

function argvOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    // It ended meanwhile.
    return []
  }
}
