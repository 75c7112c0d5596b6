import { expect, test } from 'vitest'
import { startProgram } from '../../provision/system/process.ts'

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
