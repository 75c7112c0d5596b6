import { execFileSync } from 'node:child_process'
import { afterAll, expect, test } from 'vitest'
import { MASK } from '#shared/domain/secret-keys.ts'
import { shippedFeatures } from '../../main/features/shipped.ts'
import {
  aDataFolder,
  addServer,
  logOf,
  openDeskAt,
  removeFolder,
  resetAccount,
  untilEnded,
} from '../support/desk.ts'
import { passwordTask } from '../support/password-task.ts'
import { ensureSandboxAccount, startSshd } from '../support/sshd.ts'

const account = ensureSandboxAccount()
const folder = aDataFolder()
const PASSWORD = 'Tr0ub4dor-and-3'
afterAll(() => removeFolder(folder))

/** Files below a folder that hold a text. */
function filesWith(text: string, below: string): string {
  try {
    return execFileSync('grep', ['-rla', text, below], { encoding: 'utf8' })
  } catch {
    return ''
  }
}

test('a password and a login link reach the server and the desk, and lie in no file of either afterwards', async () => {
  resetAccount(account)
  const sshd = await startSshd()
  const { app, calls } = await openDeskAt(folder, { features: [...shippedFeatures, passwordTask] })
  const { serverId, taskId } = await addServer(calls, sshd, account, { wish: 'echo' })
  await untilEnded(calls, taskId)
  const added = await calls.task.add({
    objectKind: 'server',
    objectId: serverId,
    type: 'set-password',
    values: { account: 'ann', password: PASSWORD },
  })
  const task = await untilEnded(calls, added.id)
  const log = await logOf(calls, task)
  expect(task.status, task.errorMessage ?? '').toBe('success')
  expect(task.values).toEqual({ account: 'ann' })
  expect(task.history[0]?.sent.options).toMatchObject({ line: `ann:${MASK}`, list: [MASK] })
  // The program had it, and said it.
  expect(log.map(({ text }) => text).join('\n')).toContain(`"line":"ann:${MASK}"`)
  expect(await calls.task.loginLink({ id: task.id })).toMatchObject({
    url: 'https://www.example.com/user/reset/1/1700000000/SeCrEt',
  })
  await calls.task.forgetLoginLink({ id: task.id })
  expect(await calls.task.loginLink({ id: task.id })).toBeNull()
  await app.close()
  await sshd.stop()
  expect(filesWith(PASSWORD, folder)).toBe('')
  expect(filesWith('SeCrEt', folder)).toBe('')
  expect(filesWith(PASSWORD, account.home)).toBe('')
})
