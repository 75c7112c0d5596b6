import type { Finding } from '#shared/domain/finding.ts'
import { ACCOUNT_CHECKS } from './account-checks.ts'
import { type Check, type Found, type Patient, warning } from './check.ts'
import { DATABASE_CHECKS } from './database-checks.ts'
import { MACHINE_CHECKS } from './machine-checks.ts'
import { SLOT_CHECKS } from './slot-checks.ts'
import { WEB_CHECKS } from './web-checks.ts'

const CHECKS: readonly Check[] = [
  ...ACCOUNT_CHECKS,
  ...MACHINE_CHECKS,
  ...WEB_CHECKS,
  ...SLOT_CHECKS,
  ...DATABASE_CHECKS,
]

/** Looks at a server, one thing after the other, and changes nothing. A check that fails is a finding too. */
export async function examine(patient: Patient): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const check of CHECKS)
    for (const found of await lookAt(check, patient))
      findings.push({
        check: check.name,
        severity: found.severity,
        message: found.message.slice(0, MAX_TEXT),
        remedy: found.remedy?.slice(0, MAX_TEXT) ?? null,
      })
  return findings
}

const MAX_TEXT = 2000

async function lookAt(check: Check, patient: Patient): Promise<readonly Found[]> {
  const { name } = check
  try {
    return [await check.look(patient)].flat()
  } catch (problem) {
    patient.signal.throwIfAborted()
    const said = problem instanceof Error ? problem.message : String(problem)
    return [warning(`${name} could not be looked at: ${said}`, 'Verify the server again.')]
  }
}
