import type { Finding } from '#shared/domain/finding.ts'
import type { Tone } from './task-state.ts'

type Severity = Finding['severity']

const ORDER: readonly Severity[] = ['error', 'warning', 'info', 'ok']

export const FINDING_ICON: Readonly<Record<Severity, string>> = {
  error: 'i-lucide-x',
  warning: 'i-lucide-triangle-alert',
  info: 'i-lucide-info',
  ok: 'i-lucide-check',
}

export const FINDING_TONE: Readonly<Record<Severity, Tone>> = {
  error: 'error',
  warning: 'warning',
  info: 'info',
  ok: 'success',
}

export const worstFirst = (findings: readonly Finding[]): Finding[] =>
  [...findings].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity))

/** All of it in one line, with the severity of the worst; what is only worth knowing does not alarm. */
export function summariseFindings(findings: readonly Finding[]): {
  severity: Severity
  text: string
} {
  const count = (severity: Severity): number =>
    findings.filter((one) => one.severity === severity).length
  const errors = count('error')
  const warnings = count('warning')
  const parts = [
    ...(errors > 0 ? [`${errors} ${errors === 1 ? 'error' : 'errors'}`] : []),
    ...(warnings > 0 ? [`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`] : []),
  ]
  if (parts.length === 0) return { severity: 'ok', text: `All ${findings.length} checks are well.` }
  const severity = errors > 0 ? 'error' : 'warning'
  return { severity, text: `${parts.join(' and ')} in ${findings.length} checks.` }
}
