import { describe, expect, test } from 'vitest'
import { addCounts, countTests } from '../support/test-count.ts'

const report = (files: { status: string; tests: string[] }[]): string =>
  JSON.stringify({
    testResults: files.map(({ status, tests }) => ({
      status,
      assertionResults: tests.map((one) => ({ status: one })),
    })),
  })

describe('counting a run of tests', () => {
  test('passed, failed and skipped tests are counted apart', () => {
    const text = report([
      { status: 'passed', tests: ['passed', 'passed', 'pending'] },
      { status: 'failed', tests: ['passed', 'failed'] },
    ])
    expect(countTests(text, 1)).toEqual({ passed: 3, failed: 1, skipped: 1 })
  })

  test('a file that broke before its tests counts as a failure', () => {
    const text = report([
      { status: 'passed', tests: ['passed'] },
      { status: 'failed', tests: [] },
    ])
    expect(countTests(text, 1)).toEqual({ passed: 1, failed: 1, skipped: 0 })
  })

  test.each([
    ['that left no report', undefined, 0],
    ['whose report was cut', '{"testResults": [', 0],
    ['that failed without a failed test', report([{ status: 'passed', tests: ['passed'] }]), 1],
    ['that was ended by a signal', report([{ status: 'passed', tests: ['passed'] }]), null],
    ['that ran nothing', report([]), 0],
  ])('a run %s counts as a failure', (_name, text, exitCode) => {
    expect(countTests(text, exitCode).failed).toBe(1)
  })

  test('sums are taken by kind', () => {
    const sum = addCounts([
      { passed: 1, failed: 2, skipped: 3 },
      { passed: 10, failed: 20, skipped: 30 },
    ])
    expect(sum).toEqual({ passed: 11, failed: 22, skipped: 33 })
  })
})
