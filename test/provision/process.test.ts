import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { runProgram, startProgram } from '../../provision/system/process.ts'

const { signal } = new AbortController()

test('a program whose output is not read to its end ends all the same', async () => {
  // As tar does: behind what its reader wants there is more, which comes later.
  const script = 'echo wanted; sleep 0.2; head -c 1000000 /dev/zero; echo complaint >&2; exit 3'
  const program = await startProgram(['sh', '-c', script], { signal })
  const first = await program.output[Symbol.asyncIterator]().next()
  expect(String(first.value)).toBe('wanted\n')
  expect(await program.end()).toEqual({ exitCode: 3, complaint: 'complaint' })
})

test('a program whose output nobody reads ends, too', async () => {
  const program = await startProgram(['head', '-c', '1000000', '/dev/zero'], { signal })
  expect(await program.end()).toEqual({ exitCode: 0, complaint: '' })
})

test('a program that is not there says so', async () => {
  const program = await startProgram(['/nonexistent/program'], { signal })
  await expect(program.end()).rejects.toThrow('ENOENT')
})

test('a program reads what it is given to its end', async () => {
  const input = Readable.from([Buffer.alloc(3_000_000, 'x')])
  const { exitCode, output } = await runProgram(['wc', '-c'], { input, signal })
  expect({ exitCode, output: output.trim() }).toEqual({ exitCode: 0, output: '3000000' })
})

test('who has read enough of it ends it', async () => {
  const endless = new Readable({ read: () => endless.push(Buffer.alloc(65_536, 'abc')) })
  expect(await runProgram(['head', '-c', '3'], { input: endless, signal })).toEqual({
    exitCode: 0,
    output: 'abc',
  })
  expect(endless.destroyed).toBe(true)
})

test('an input that breaks off is the end of it for the program', async () => {
  const broken = new Readable({
    read() {
      if (this.readableLength === 0) this.push('half')
      this.destroy(new Error('broken'))
    },
  })
  expect(await runProgram(['tar', '-tf', '-'], { input: broken, signal })).toMatchObject({
    exitCode: 2,
  })
})
