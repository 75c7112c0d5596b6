import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import {
  aDataFolder,
  addServer,
  openDeskAt,
  removeFolder,
  resetAccount,
  timesRun,
  untilEnded,
} from '../support/desk.ts'
import { ensureSandboxAccount, type SandboxAccount } from '../support/sandbox-account.ts'
import { startSshd, type Sshd } from '../support/sshd.ts'

let account: SandboxAccount
let sshd: Sshd

beforeAll(async () => {
  account = ensureSandboxAccount('hdqueue')
  sshd = await startSshd({ publicKeyFiles: [`${account.keyFile}.pub`] })
})
afterAll(async () => {
  await sshd.stop()
  resetAccount(account)
})

test('a site with a schedule is backed up by the queue, over SSH, and not again before its time', async () => {
  const folder = aDataFolder()
  onTestFinished(() => removeFolder(folder))
  const { app, calls } = await openDeskAt(folder)
  onTestFinished(() => app.close())
  const { serverId, taskId } = await addServer(calls, sshd, account)
  await untilEnded(calls, taskId)
  const platform = await calls.platform.add({ title: 'Static', serverId, root: '/srv/static' })
  await untilEnded(calls, platform.task.id)
  const added = await calls.site.add({ name: 'www.example.com', platformId: platform.platform.id })
  await untilEnded(calls, added.task.id)

  await calls.backup.schedule({ siteId: added.site.id, everySeconds: 3600 })
  const outcome = await calls.queue.run({ name: 'backup' })
  if (outcome.state !== 'ran') throw new Error(`It was ${outcome.state}.`)
  const before = timesRun(account, 'www.example.com')
  const [number = 0] = outcome.added
  const task = await untilEnded(calls, (await calls.task.getByNumber({ number })).id)
  expect(task).toMatchObject({ type: 'backup', origin: 'queue', status: 'success' })
  expect(timesRun(account, 'www.example.com')).toBe(before + 1)
  expect(await calls.queue.run({ name: 'backup' })).toMatchObject({ state: 'ran', added: [] })
})
