import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isOverloaded } from '../../provision/commands/load.ts'
import { isWithin } from '../../provision/system/links.ts'
import { toStamp } from '../../provision/commands/site-backup.ts'
import { publish } from '../../provision/extensions/extension-step.ts'
import { removeStep, replaceText } from '../../provision/steps/files.ts'
import { removeHalfWritten } from '../../provision/system/leftovers.ts'
import { takeLock } from '../../provision/system/lock.ts'
import { parseAnswer } from '../../provision/system/net.ts'
import { runProgram } from '../../provision/system/process.ts'
import { findStart } from '../../provision/system/process-table.ts'
import { toProvisionError } from '../../provision/system/provision-error.ts'
import { eventually } from '../support/eventually.ts'
import { VERSION } from '../../provision/version.ts'

const signal = new AbortController().signal
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hosting-desk-system-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('a lock', () => {
  test('is held by one at a time', async () => {
    const order: string[] = []
    const work = async (name: string) => {
      const release = await takeLock(folder, 'x', { signal })
      order.push(`${name} in`)
      await new Promise(setImmediate)
      order.push(`${name} out`)
      await release()
    }
    await Promise.all(['a', 'b', 'c', 'd'].map(work))
    for (let at = 0; at < order.length; at += 2)
      expect(order[at + 1]).toBe(order[at]?.replace('in', 'out'))
    expect(await readdir(folder)).toEqual([])
  })

  test('of a process that is gone does not block', async () => {
    const child = spawn('sleep', ['60'])
    const start = await findStart(child.pid ?? 0)
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
    await writeFile(path.join(folder, 'x.lock'), `${child.pid} ${start}`)
    const release = await takeLock(folder, 'x', { signal, patienceMs: 2000 })
    await release()
  })

  test('of a dead process that nobody collected does not block', async () => {
    // The shell becomes a program that never asks for its child.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'])
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(line.toString())
    await eventually(async () => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
      expect(stat).toContain(') Z ')
      const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
      await writeFile(path.join(folder, 'x.lock'), `${pid} ${start}`)
    })
    await (
      await takeLock(folder, 'x', { signal, patienceMs: 2000 })
    )()
    const closed = once(parent, 'close')
    parent.kill('SIGKILL')
    await closed
  })

  test('of a process whose number went to another does not block', async () => {
    await writeFile(path.join(folder, 'x.lock'), `${process.pid} another time`)
    await (
      await takeLock(folder, 'x', { signal, patienceMs: 2000 })
    )()
  })

  test('that is cut or empty does not block', async () => {
    await writeFile(path.join(folder, 'x.lock'), '')
    await (
      await takeLock(folder, 'x', { signal, patienceMs: 2000 })
    )()
  })

  test('of a living process is waited for with bounded patience', async () => {
    const release = await takeLock(folder, 'x', { signal })
    const second = takeLock(folder, 'x', { signal, patienceMs: 60 })
    await expect(second).rejects.toMatchObject({ code: 'PROVISION_LOCKED' })
    await release()
    expect(await readdir(folder)).toEqual([])
  })
})

test('what a process began to write is removed once that is gone', async () => {
  const gone = spawn('true')
  await once(gone, 'close')
  const names = [`.tmp-${gone.pid}-x-0`, `.tmp-${process.pid}-x-0`, `tmp-${gone.pid}-x`, '.tmp-x']
  for (const name of names) await writeFile(path.join(folder, name), '')
  await removeHalfWritten(folder)
  expect((await readdir(folder)).sort()).toEqual(names.slice(1).sort())
  await removeHalfWritten(path.join(folder, 'absent'))
})

describe('a program', () => {
  test('gets its arguments as they are, and no shell', async () => {
    const { output } = await runProgram(['printf', '%s|', '$(id)', 'a b', ';ls', "'"])
    expect(output).toBe("$(id)|a b|;ls|'|")
  })

  test('that TERM ends means a cancel', async () => {
    const running = runProgram(['sh', '-c', 'kill -TERM $$'])
    await expect(running).rejects.toMatchObject({ code: 'PROVISION_CANCELLED' })
  })

  test('is ended by the signal', async () => {
    const stop = new AbortController()
    const running = runProgram(['sleep', '60'], { signal: stop.signal })
    stop.abort()
    await expect(running).rejects.toMatchObject({ code: 'PROVISION_CANCELLED' })
  })

  test('that is not there is an error', async () => {
    await expect(runProgram(['/no/such/program'])).rejects.toThrow('ENOENT')
  })
})

describe('files', () => {
  test('replaced text comes back, and so does its absence', async () => {
    const file = path.join(folder, 'a', 'b')
    const step = (text: string) =>
      publish({ kind: 'write', title: 'x', run: (work) => replaceText(work, file, text) })
    const first = await step('one').run(signal)
    const second = await step('two').run(signal)
    await second?.()
    expect(await readFile(file, 'utf8')).toBe('one')
    await first?.()
    await expect(readFile(file)).rejects.toThrow('ENOENT')
  })

  test('what is removed comes back until it is discarded', async () => {
    const file = path.join(folder, 'x')
    await writeFile(file, 'text')
    const step = publish(removeStep('remove', file))
    const undo = await step.run(signal)
    await expect(readFile(file)).rejects.toThrow('ENOENT')
    await undo?.()
    expect(await readFile(file, 'utf8')).toBe('text')
    await step.run(signal)
    await step.discard?.()
    expect(await readdir(folder)).toEqual([])
  })
})

describe('the head of an answer', () => {
  test('is read with its headers by lower case', () => {
    const answer = parseAnswer('HTTP/1.1 404 Not Found\r\nX-Y:  z:1 \r\nA: b\r\n\r\nbody')
    expect(answer?.status).toBe(404)
    expect(answer?.headers).toEqual(
      new Map([
        ['x-y', 'z:1'],
        ['a', 'b'],
      ]),
    )
  })

  test.each(['', 'SSH-2.0-OpenSSH\r\n\r\n', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 2x\r\n\r\n'])(
    'that is none is no answer: %j',
    (text) => {
      expect(parseAnswer(text)).toBeUndefined()
    },
  )
})

test.each([
  [{ oneMinute: 10, cpus: 2 }, undefined, false],
  [{ oneMinute: 10.01, cpus: 2 }, undefined, true],
  [{ oneMinute: 10.01, cpus: 2 }, 10, false],
  [{ oneMinute: 5.5, cpus: 0 }, undefined, true],
])('Aegir’s load rule: %j times %j is overloaded: %j', (load, multiplier, expected) => {
  expect(isOverloaded(load, multiplier)).toBe(expected)
})

test.each([
  ['/a', '/a', true],
  ['/a/b', '/a', true],
  ['/a/..b', '/a', true],
  ['/ab', '/a', false],
  ['/', '/a', false],
  ['/a', '/', true],
])('%s lies in %s: %j', (inner, outer, expected) => {
  expect(isWithin(inner, outer)).toBe(expected)
})

test('a stamp sorts by time and has no sign that a shell or a file system minds', () => {
  expect(toStamp(Date.UTC(2026, 0, 2, 3, 4, 5, 678))).toBe('20260102T030405Z')
})

test.each([
  ['ENOSPC', 'PROVISION_NO_SPACE'],
  ['EDQUOT', 'PROVISION_NO_SPACE'],
  ['EACCES', 'PROVISION_NO_PERMISSION'],
  ['ENOENT', 'PROVISION_FAILED'],
])('the error %s is told as %s', (code, expected) => {
  expect(toProvisionError(Object.assign(new Error('x'), { code })).code).toBe(expected)
})

test('the program is of the release of the whole', async () => {
  const file = path.join(import.meta.dirname, '../../package.json')
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ version: VERSION })
})
