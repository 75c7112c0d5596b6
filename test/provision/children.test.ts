import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { endChildren, markOf } from '../../provision/system/children.ts'
import { ourselves, type Owner } from '../../provision/system/owner.ts'

const started: ChildProcess[] = []
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')))

async function aChild(mark: string | undefined, script = 'exec sleep 60'): Promise<ChildProcess> {
  const env = { ...process.env, ...(mark === undefined ? {} : { HOSTING_DESK_OWNER: mark }) }
  const child = spawn('sh', ['-c', script], { env, stdio: 'ignore' })
  started.push(child)
  await once(child, 'spawn')
  return child
}

test('what a process that is gone had started is ended with all that came of it, and nobody else', async () => {
  const gone: Owner = { ...(await ourselves()), pid: 4_000_000 }
  const its = await aChild(markOf(gone), 'sleep 60 & setsid sleep 60 & wait')
  const strangers = await Promise.all([
    aChild(undefined),
    // Of the same number, but of another time.
    aChild(markOf({ ...gone, start: `${gone.start}1` })),
    aChild(markOf({ ...gone, boot: 'another' })),
  ])
  expect(await endChildren(gone)).toBeGreaterThanOrEqual(1)
  expect(its.signalCode ?? (await once(its, 'exit'))[1]).toBe('SIGKILL')
  expect(await endChildren(gone)).toBe(0)
  for (const { exitCode, signalCode } of strangers)
    expect([exitCode, signalCode]).toEqual([null, null])
})
