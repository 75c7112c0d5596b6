import { expect, test } from 'vitest'
import type { Finding } from '#shared/domain/finding.ts'
import { summariseFindings, worstFirst } from '../../renderer/lib/findings.ts'

const finding = (severity: Finding['severity']): Finding => ({
  check: 'disk-space',
  severity,
  message: severity,
  remedy: null,
})

test('the worst findings come first, and what is alike stays in its order', () => {
  const findings = (['ok', 'warning', 'info', 'error', 'ok'] as const).map(finding)
  expect(worstFirst(findings).map(({ severity }) => severity)).toEqual([
    'error',
    'warning',
    'info',
    'ok',
    'ok',
  ])
})

test('one line says how a server is; what is only worth knowing does not alarm', () => {
  expect(summariseFindings(['ok', 'info'].map((one) => finding(one as 'ok')))).toEqual({
    severity: 'ok',
    text: 'All 2 checks are well.',
  })
  expect(summariseFindings([finding('warning'), finding('error'), finding('warning')])).toEqual({
    severity: 'error',
    text: '1 error and 2 warnings in 3 checks.',
  })
})
