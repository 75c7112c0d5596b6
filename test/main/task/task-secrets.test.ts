import { describe, expect, test } from 'vitest'
import { MASK, maskAddresses } from '#shared/domain/secret-keys.ts'
import { servers } from '../../../main/features/servers.ts'
import type { Feature } from '../../../main/hooks/feature.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import type { RunnerParts } from '../../../main/task/runner.ts'
import { forgetSecretsOfEnded, sweepSecrets } from '../../../main/task/sweep-secrets.ts'
import { Tasks } from '../../../main/task/tasks.ts'
import { eventually } from '../../support/eventually.ts'
import { aRunner } from '../../support/fake-backend.ts'
import { anId } from '../../support/objects.ts'
import { passwordTask, textOf } from '../../support/password-task.ts'

const PASSWORD = 'correct "horse"'
const secretBox = {
  seal: (text: string) => Buffer.from(text).reverse().toString('base64'),
  unseal: (sealed: string) => Buffer.from(sealed, 'base64').reverse().toString(),
}
const open = new AbortController().signal

/** A task with a password that waits, and who would run it. */
async function waiting({ box = true, features = [passwordTask] as Feature[] } = {}) {
  const desk = await aRunner([servers, ...features], new ChangeSet(), {
    secretBox: box ? secretBox : null,
  })
  const tasks = new Tasks(desk.parts)
  const task = await tasks.add({
    objectKind: 'server',
    objectId: anId(2),
    type: 'set-password',
    values: { account: 'ann', password: PASSWORD },
    origin: 'user',
  })
  return { ...desk, tasks, task, secrets: vaultOf(desk.parts) }
}

function vaultOf({ secrets, loginLinks }: RunnerParts) {
  if (secrets === undefined || loginLinks === undefined) throw new Error('both are there')
  return { vault: secrets, loginLinks }
}

const storedText = ({ store }: RunnerParts): string =>
  JSON.stringify([store.select('task', ''), store.select('attempt', '')])
const sealedNames = ({ store }: RunnerParts): string[] =>
  store.select('secret', '').map(({ name }) => name)

describe('a password of a task', () => {
  test('reaches the backend as it was typed, also within other texts, and no row', async () => {
    const { parts, runner, backend, task } = await waiting()
    expect(storedText(parts)).not.toContain('horse')
    expect(sealedNames(parts)).toEqual([`task.${task.id}.password`])
    await runner.run(task.id, open)
    expect(backend.requests[0]?.command.options).toMatchObject({
      account: 'ann',
      line: `ann:${PASSWORD}`,
      list: [PASSWORD],
    })
    expect(parts.store.get('task', task.id).status).toBe('success')
    expect(storedText(parts)).not.toContain('horse')
  })

  test('is forgotten once its task has ended, and the task cannot be tried again', async () => {
    const { parts, runner, backend, tasks, task, secrets } = await waiting()
    const stop = forgetSecretsOfEnded(parts.store, secrets.vault, (error) => {
      throw error
    })
    backend.outcome = { isOk: false, code: 'X', message: 'no', contexts: [], removedContexts: [] }
    await runner.run(task.id, open)
    await eventually(() => expect(sealedNames(parts)).toEqual([]))
    expect(secrets.vault.get(`task.${task.id}.password`)).toBeUndefined()
    await expect(tasks.retry(task.id)).rejects.toThrow(/Its password was not kept/)
    stop()
  })

  test('that was cancelled while it waited is forgotten too', async () => {
    const { parts, tasks, task, secrets } = await waiting()
    await tasks.cancel(task.id)
    await sweepSecrets(parts.store, secrets.vault, secrets.loginLinks)
    expect(sealedNames(parts)).toEqual([])
  })

  test('that is gone after a restart without a keychain fails the task that waits, and says why', async () => {
    const { parts, runner, backend, task, secrets } = await waiting({ box: false })
    expect(sealedNames(parts)).toEqual([])
    await secrets.vault.remove(`task.${task.id}.password`)
    await runner.run(task.id, open)
    expect(backend.asked).not.toContain('start')
    expect(parts.store.get('task', task.id)).toMatchObject({
      status: 'error',
      errorCode: 'task.secret-gone',
    })
  })

  test('is not put in where somebody typed the name of another task’s', async () => {
    const { parts, runner, backend, tasks, task } = await waiting()
    const other = await tasks
      .add({
        objectKind: 'server',
        objectId: anId(2),
        type: 'set-password',
        values: { account: `{{secret task.${task.id}.password}}`, password: 'x' },
        origin: 'user',
      })
      .catch(() => undefined)
    expect(other).toBeUndefined()
    await runner.run(task.id, open)
    const later = await tasks.add({
      objectKind: 'server',
      objectId: anId(2),
      type: 'set-password',
      values: { account: `{{secret task.${task.id}.password}}`, password: 'x' },
      origin: 'user',
    })
    await runner.run(later.id, open)
    expect(JSON.stringify(backend.requests[1])).not.toContain('horse')
    expect(parts.store.get('task', later.id).status).toBe('success')
  })

  test('is refused as an argument, which everyone on a machine can read', async () => {
    const bad: Feature = {
      ...passwordTask,
      taskTypes: (passwordTask.taskTypes ?? []).map((type) => ({
        ...type,
        args: (_server, { password }) => [textOf(password)],
      })),
    }
    const { parts, runner, backend, task } = await waiting({ features: [bad] })
    await runner.run(task.id, open)
    expect(backend.requests).toEqual([])
    expect(parts.store.get('task', task.id)).toMatchObject({
      status: 'error',
      errorMessage: 'Set a password makes an argument of a password.',
    })
  })

  test('is dots where the backend’s last word repeats it', async () => {
    const { parts, runner, backend, task } = await waiting()
    const message = `bad line: ann:${PASSWORD}`
    backend.outcome = { isOk: false, code: 'X', message, contexts: [], removedContexts: [] }
    await runner.run(task.id, open)
    expect(parts.store.get('task', task.id).errorMessage).toBe(`bad line: ann:${MASK}`)
  })
})

describe('a link that logs in once', () => {
  const url = 'https://www.example.com/user/reset/1/1700000000/SeCrEt'

  test('is kept for a day, sealed, and gone once it was used', async () => {
    const { parts, runner, backend, task, secrets } = await waiting()
    backend.outcome = {
      isOk: true,
      data: { loginLink: `${url}\n` },
      contexts: [],
      removedContexts: [],
    }
    await runner.run(task.id, open)
    expect(secrets.loginLinks.find(task.id)).toEqual({
      url,
      freshUntil: parts.now() + 86_400_000,
    })
    expect(storedText(parts)).not.toContain('SeCrEt')
    expect(JSON.stringify(parts.store.select('secret', ''))).not.toContain('SeCrEt')
    await secrets.loginLinks.forget(task.id)
    expect(secrets.loginLinks.find(task.id)).toBeNull()
  })

  test('is dropped where it is no web address', async () => {
    const { runner, backend, task, secrets } = await waiting()
    const data = { loginLink: 'javascript:alert(1)' }
    backend.outcome = { isOk: true, data, contexts: [], removedContexts: [] }
    await runner.run(task.id, open)
    expect(secrets.loginLinks.find(task.id)).toBeNull()
  })

  test.each([
    [`Login url: ${url}.`, `Login url: https://www.example.com/${MASK}`],
    ['GET http://a.example/cron.php?cron_key=abc', `GET http://a.example/${MASK}`],
    [
      'see http://a.example:8080/wp-login.php?hd_token=1&x=2 there',
      `see http://a.example:8080/${MASK} there`,
    ],
    ['see http://a.example/about?page=2', 'see http://a.example/about?page=2'],
  ])('is not read in a log: %s', (text, shown) => {
    expect(maskAddresses(text)).toBe(shown)
  })
})
