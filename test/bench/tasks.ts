import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { App } from '../../main/app.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import {
  aDataFolder,
  addServer,
  addServerOn,
  openDeskAt,
  removeFolder,
  resetAccount,
  untilEnded,
} from '../support/desk.ts'
import { ensureSandboxAccount, startSshd } from '../support/sshd.ts'
import { inTurn, median, type BenchRow } from './bench-row.ts'
import { ControlMaster } from './control-master.ts'

const OBJECTS = 50
const PARALLEL = 8
const REQUEST = JSON.stringify({
  protocol: 1,
  contextOptions: { http_restart_cmd: 'none' },
  options: {},
})

interface Desk {
  app: App
  calls: DeskClient
}

/**
 * A task that does nothing, from `add` to its stored result, and a thousand of them; beside the same two commands (save,
 * then the command) through OpenSSH's multiplexing client. Ours are durable, detached and logged besides.
 */
export async function benchTasks({
  rounds,
  tasks,
}: {
  rounds: number
  tasks: number
}): Promise<BenchRow[]> {
  const account = ensureSandboxAccount('hdbench')
  resetAccount(account)
  const sshd = await startSshd({
    config: ['MaxSessions 20'],
    publicKeyFiles: [`${account.keyFile}.pub`],
  })
  const folder = aDataFolder()
  const desk = await openDeskAt(folder)
  const master = new ControlMaster(sshd, account)
  try {
    const { backendId, taskId } = await addServer(desk.calls, sshd, account, {
      title: 'noop',
      wish: 'none',
    })
    await untilEnded(desk.calls, taskId)
    const servers = await addObjects(desk.calls, backendId)
    const theirs = await theirCommands(master)
    const single = await inTurn(
      rounds,
      () => medianOf(20, () => ourTask(desk, servers[0] ?? '')),
      () => medianOf(20, () => theirTask(master, theirs)),
    )
    const many = await inTurn(
      rounds,
      () => ourMany(desk, servers, tasks),
      () => theirMany(master, theirs, tasks),
    )
    return [
      {
        what: 'a no-op task, add to stored result',
        beside: 'the same two commands through ControlMaster',
        ...single,
        unit: 'ms',
        goal: { at: 'most', ratio: 2 },
      },
      {
        what: `${tasks} no-op tasks over ${OBJECTS} objects on one backend, limit ${PARALLEL}`,
        beside: `xargs -P ${PARALLEL} over ControlMaster`,
        ...many,
        unit: 'tasks/s',
        goal: { at: 'least', ratio: 1 },
      },
    ]
  } finally {
    master.close()
    await desk.app.close()
    await sshd.stop()
    removeFolder(folder)
  }
}

async function addObjects(calls: DeskClient, backendId: string): Promise<string[]> {
  const backend = await calls.backend.get({ id: backendId })
  await calls.backend.edit({ id: backendId, title: 'bench', address: backend, limit: PARALLEL })
  await calls.queue.edit({ name: 'tasks', items: PARALLEL })
  const servers: string[] = []
  for (let number = 0; number < OBJECTS; number++) {
    const { serverId, taskId } = await addServerOn(calls, backendId, `noop${number}`, 'none')
    await untilEnded(calls, taskId)
    servers.push(serverId)
  }
  return servers
}

async function ourTask({ app, calls }: Desk, serverId: string): Promise<number> {
  const startedAt = performance.now()
  await runTask({ app, calls }, serverId)
  return performance.now() - startedAt
}

/** Tasks a second. A task of one type waits on an object once, so each object gets its next one when the last has ended. */
async function ourMany(desk: Desk, servers: readonly string[], count: number): Promise<number> {
  const startedAt = performance.now()
  await Promise.all(
    servers.map(async (serverId) => {
      for (let number = 0; number < count / servers.length; number++) await runTask(desk, serverId)
    }),
  )
  return count / ((performance.now() - startedAt) / 1000)
}

async function runTask({ app, calls }: Desk, serverId: string): Promise<void> {
  const task = await calls.task.add({ objectKind: 'server', objectId: serverId, type: 'verify' })
  await new Promise<void>((resolve, reject) => {
    const stop = app.onChange((change) => {
      if (change.event !== 'stored' || change.table !== 'task' || !change.ids.includes(task.id))
        return
      calls.task.get({ id: task.id }).then(({ endedAt, status }) => {
        if (endedAt === null) return
        stop()
        if (status === 'success') resolve()
        else reject(new Error(`A task ended in ${status}.`))
      }, reject)
    })
  })
}

interface TheirCommands {
  save: (object: string) => string
  command: (object: string) => string
  /** A file here with what the save reads. */
  requestFile: string
}

async function theirCommands(master: ControlMaster): Promise<TheirCommands> {
  const program = (await master.run('ls -d ~/.hosting-desk/program/*/provision.mjs')).trim()
  const requestFile = path.join(master.folder, 'request.json')
  writeFileSync(requestFile, REQUEST)
  return {
    save: (object) => `node ${program} provision-save @server_${object}`,
    command: (object) => `node ${program} provision-verify @server_${object}`,
    requestFile,
  }
}

async function theirTask(master: ControlMaster, { save, command }: TheirCommands): Promise<number> {
  const startedAt = performance.now()
  await master.run(save('theirs'), REQUEST)
  await master.run(command('theirs'), REQUEST)
  return performance.now() - startedAt
}

async function theirMany(
  master: ControlMaster,
  theirs: TheirCommands,
  count: number,
): Promise<number> {
  const ssh = `ssh ${master.args.join(' ')}`
  const lineFor = (object: string): string =>
    `${ssh} '${theirs.save(object)}' < ${theirs.requestFile} && ${ssh} '${theirs.command(object)}' < ${theirs.requestFile}`
  const lines = Array.from({ length: count }, (_, number) => lineFor(`theirs${number % OBJECTS}`))
  const startedAt = performance.now()
  await master.runMany(lines, PARALLEL)
  return count / ((performance.now() - startedAt) / 1000)
}

async function medianOf(times: number, measure: () => Promise<number>): Promise<number> {
  const values: number[] = []
  for (let time = 0; time < times; time++) values.push(await measure())
  return median(values)
}
