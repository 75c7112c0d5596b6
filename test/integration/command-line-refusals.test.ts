import { execFile } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { CommandLines, CONTEXT } from '../support/command-lines.ts'

const desk = new CommandLines()

describe('what cannot be', () => {
  test.each([
    ['no command', []],
    ['an unknown command', ['florp']],
    ['an unknown action', ['task', 'florp']],
    ['an unknown option', ['task', 'list', '--florp']],
    ['a number that is none', ['task', 'show', '1e3']],
    ['a number of nothing', ['task', 'show', '4711']],
    ['a huge number', ['task', 'show', '9'.repeat(15)]],
    ['a missing name', ['task', 'add', 'verify']],
    ['a name too many', ['site', 'show', 'one', 'two']],
    ['a word after a list', ['task', 'list', 'all']],
    ['an object that is not there', ['task', 'add', 'verify', 'nowhere.example']],
    ['a name in escapes', ['task', 'add', 'verify', '\u001b[31mred']],
    ['a huge name', ['site', 'show', 'a'.repeat(100_000)]],
    ['a value without a name', ['task', 'add', 'verify', 'x', '--value', '=1']],
    ['a duration that is none', ['dispatch', '--for', 'soon']],
    ['a restore without a file', ['store', 'restore']],
  ])('%s is said in a line or two, with exit 2', async (_what, args) => {
    const { code, err } = await desk.run(...args)
    expect(code).toBe(2)
    expect(err).not.toMatch(/^\s+at /m)
    expect(err).not.toContain('\u001b')
    expect(err.trim().split('\n').length).toBeLessThan(3)
    expect(err.length).toBeLessThan(1000)
  })

  test('a task type that does not exist is said, and nothing is queued', async () => {
    await desk.aWaitingServer()
    const { code, err } = await desk.run('task', 'add', 'florp', CONTEXT)
    expect(code).not.toBe(0)
    expect(err).toContain('florp')
    expect(await desk.answer('task', 'list')).toMatchObject({ total: 1 })
  })

  test('a data folder that is a file or below one is said in a line', async () => {
    const file = path.join(desk.data, 'file')
    writeFileSync(file, 'x')
    for (const folder of [file, path.join(file, 'below')]) {
      const { code, err } = await desk.typeWith(['task', 'list', '--data', folder]).ended()
      expect({ code, err }).toMatchObject({ code: 2 })
      expect(err).toContain(folder)
      expect(err.trim().split('\n')).toHaveLength(1)
      const headless = desk.startHeadless(folder)
      expect(await headless.ended()).toBe(2)
      expect(headless.err.trim().split('\n')).toHaveLength(1)
    }
  })

  test('a data folder in which nothing can be written is said in a line', async () => {
    // Not even root can make a folder there.
    const { code, err } = await desk
      .typeWith(['task', 'list', '--data', '/sys/hosting-desk'])
      .ended()
    expect(code).toBe(2)
    expect(err.trim().split('\n')).toHaveLength(1)
  })

  test('a reader that leaves early ends the output quietly', async () => {
    await desk.aWaitingServer('lines=2000 ms=1')
    const command = desk.type('task', 'follow', '1')
    await new Promise<void>((resolve) => {
      command.child.stdout?.once('data', () => {
        command.child.stdout?.destroy()
        resolve()
      })
    })
    const { code, err } = await command.ended()
    expect(err).toBe('')
    expect(code).toBe(0)
  })

  test('a port that is none is said by the application, with exit 2', async () => {
    for (const port of ['-1', '65536', '1e3', 'x']) {
      const headless = desk.startHeadless(desk.data, port)
      expect(await headless.ended()).toBe(2)
      expect(headless.err.trim().split('\n').length).toBeLessThan(3)
    }
  })

  test('help is printed with exit 0, also as -h', async () => {
    for (const option of ['--help', '-h']) {
      const { code, out } = await desk.run(option)
      expect(code).toBe(0)
      expect(out).toContain('hosting-desk dispatch')
    }
  })

  test('the command line is a program of its own', async () => {
    const { stdout } = await promisify(execFile)(desk.built.cli, ['--help'])
    expect(stdout).toContain('hosting-desk dispatch')
  })

  test('a data folder of a name with spaces and signs is taken as it is', async () => {
    const folder = path.join(desk.data, `a folder; $(touch x) 'é"`)
    mkdirSync(folder)
    const { code, out } = await desk
      .typeWith(['task', 'list'], {
        HOSTING_DESK_DATA: folder,
      })
      .ended()
    expect({ code, out }).toEqual({ code: 0, out: 'There is no task yet.\n' })
    expect(statSync(path.join(folder, 'owner')).isDirectory()).toBe(true)
  })
})
