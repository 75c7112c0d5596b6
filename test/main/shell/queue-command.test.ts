import { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { runCommandLine } from '../../../main/shell/dispatch/command-line.ts'
import { SecretInput } from '../../../main/shell/dispatch/secret-input.ts'
import { listenForClients } from '../../../main/rpc/owner-socket.ts'
import { aDataFolder, openDeskAt, removeFolder } from '../../support/desk.ts'

/** An application and command lines that ask it: each gives its exit code and what it wrote. */
async function aTerminal() {
  const folder = aDataFolder()
  onTestFinished(() => removeFolder(folder))
  const { app } = await openDeskAt(folder)
  onTestFinished(() => app.close())
  const clients = await listenForClients(app, app.socketPath)
  onTestFinished(() => clients.close())
  return async (...words: string[]): Promise<{ code: number; text: string }> => {
    let text = ''
    const write = (part: string): void => void (text += part)
    const { signal } = new AbortController()
    const secrets = new SecretInput(Readable.from([]), write)
    const terminal = { write, warn: write, secrets, signal }
    return { code: await runCommandLine([...words, '--data', folder], terminal), text }
  }
}

test('queues are listed, paused, run and resumed from a terminal', async () => {
  const run = await aTerminal()
  expect((await run('queue', 'list')).text).toMatch(/^cron +on +batch +600 s +0 /m)
  expect((await run('queue', 'pause', 'cron')).text).toBe('Cron: paused.\n')
  expect(await run('queue', 'run', 'cron')).toEqual({ code: 4, text: 'cron: paused.\n' })
  expect(await run('queue', 'run', 'cron', '--force', '--items', '2')).toEqual({
    code: 0,
    text: 'cron: ran; added 0, started 0.\n',
  })
  expect((await run('queue', 'resume', 'cron')).text).toBe('Cron: on.\n')
  const { text } = await run('queue', 'list', '--json')
  expect(JSON.parse(text)).toContainEqual(
    expect.objectContaining({ name: 'cron', type: 'batch', isPaused: false }),
  )
})

test('a dispatch says of each queue what it came to', async () => {
  const run = await aTerminal()
  const { code, text } = await run('dispatch')
  expect(code).toBe(0)
  expect(text).toMatch(/^tasks: nothing to do\.$/m)
  expect(text).toMatch(/^task-retention: disabled\.$/m)
})

test('what is no queue, no command or no number is refused', async () => {
  const run = await aTerminal()
  await expect(run('queue', 'run', 'gone')).rejects.toMatchObject({
    data: { code: 'queue.unknown' },
  })
  await expect(run('queue', 'stop', 'cron')).rejects.toMatchObject({ code: 'input.invalid' })
  await expect(run('queue', 'run')).rejects.toMatchObject({ code: 'input.invalid' })
  await expect(run('queue', 'run', 'cron', '--items', '0')).rejects.toMatchObject({
    code: 'input.invalid',
  })
})
