import { ORPCError } from '@orpc/client'
import { describe, expect, test } from 'vitest'
import { ERRORS } from '#shared/errors.ts'
import {
  isConnectionLoss,
  isNotFound,
  toCodeText,
  toErrorText,
  toFieldProblems,
} from '../../renderer/lib/error-text.ts'

const aDeskError = (code: string, message: string, problems?: Record<string, string>) =>
  new ORPCError('DESK', { message, defined: true, data: { code, facts: {}, problems } })

describe('the text of an error', () => {
  test.each(Object.keys(ERRORS))('%s says what it means', (code) => {
    expect(toCodeText(code, 'It happened.')).toMatchObject({ happened: 'It happened.', code })
    expect(toCodeText(code, '').meaning).not.toBe('')
  })

  test('what happened is in the words of main', () => {
    const text = toErrorText(aDeskError('ssh.root-refused', 'web1 lets us in as root.'))
    expect(text.happened).toBe('web1 lets us in as root.')
    expect(text.meaning).toBe('Tasks never run as root.')
    expect(text.remedy).toContain('account of its own')
  })

  test('words of a server stand on one line, without escapes and marks of direction', () => {
    expect(toCodeText('PROVISION_X', 'bad\n  thing\u001b[31m\u202e').happened).toBe('bad thing')
  })

  test('a code of a server points to the log', () => {
    expect(toCodeText('PROVISION_NGINX', 'No.').remedy).toContain('log')
  })

  test('a code that is a word of every object is no code', () => {
    expect(toCodeText('constructor', 'No.').meaning).toBe('')
  })

  test('what is no error of ours is told as a mistake of ours', () => {
    expect(toErrorText(new TypeError('x is undefined'))).toMatchObject({
      meaning: 'x is undefined',
      code: 'internal',
    })
  })
})

test('problems come at their fields, and none where the error names none', () => {
  expect(toFieldProblems(aDeskError('input.invalid', 'No.', { name: 'Taken.' }))).toEqual({
    name: 'Taken.',
  })
  expect(toFieldProblems(aDeskError('input.invalid', 'No.'))).toEqual({})
  expect(toFieldProblems(new Error('no'))).toEqual({})
})

test('an unknown id and one that is none at all are both no longer here', () => {
  expect(isNotFound(aDeskError('object.not-found', 'Gone.'))).toBe(true)
  expect(isNotFound(aDeskError('input.invalid', 'No id.'))).toBe(true)
  expect(isNotFound(new Error('anything'))).toBe(false)
})

test('a lost connection is told from other errors', () => {
  expect(isConnectionLoss(new Error('Cannot send message, WebSocket is not open.'))).toBe(true)
  expect(isConnectionLoss(aDeskError('run.lost', 'The run is gone.'))).toBe(false)
  expect(isConnectionLoss(aDeskError('ssh.unreachable', 'Connection closed by web1.'))).toBe(false)
})
