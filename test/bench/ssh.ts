import { aRun, endOf, sh } from '../support/runs.ts'
import { openTo, sandboxAddress } from '../support/ssh.ts'
import { ensureSandboxAccount, startSshd } from '../support/sshd.ts'
import type { OpenConnection } from '../../main/ssh/open-connection.ts'
import { inTurn, median, type BenchRow } from './bench-row.ts'
import { ControlMaster } from './control-master.ts'

const COMMANDS = 50

/** A command on an open connection, and a detached run of two commands, beside OpenSSH's multiplexing client. */
export async function benchSsh({ rounds = 5 }: { rounds?: number } = {}): Promise<BenchRow[]> {
  const account = ensureSandboxAccount('hdbench')
  const sshd = await startSshd({ accounts: [account] })
  const connection = await openTo(sshd, { address: sandboxAddress(sshd, account) })
  const master = new ControlMaster(sshd, account)
  try {
    const theirs = (): Promise<number> => timed(() => master.run('true'))
    const command = await inTurn(
      rounds,
      () => timed(() => connection.exec({ argv: ['true'] })),
      theirs,
    )
    const run = await inTurn(
      rounds,
      () => timed(() => detachedRun(connection)),
      () => timed(async () => [await master.run('true'), await master.run('true')]),
    )
    return [
      {
        what: 'command on an open connection',
        beside: 'OpenSSH ControlMaster',
        ...command,
        unit: 'ms',
        goal: { at: 'most', ratio: 0.4 },
      },
      {
        what: 'detached run of two commands, start to end',
        beside: 'the same two through ControlMaster',
        ...run,
        unit: 'ms',
        goal: { at: 'most', ratio: 2 },
      },
    ]
  } finally {
    master.close()
    connection.close()
    await connection.closed
    await sshd.stop()
  }
}

async function detachedRun({ runs }: OpenConnection): Promise<void> {
  const run = aRun(sh('true'), sh('true'))
  await runs.start(run)
  await endOf(runs, run.id)
  await runs.remove([run.id])
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let at = 0; at < COMMANDS; at++) {
    const startedAt = performance.now()
    await work()
    times.push(performance.now() - startedAt)
  }
  return median(times)
}
