import { z } from 'zod'

export interface Count {
  passed: number
  failed: number
  skipped: number
}

/** As much of Vitest's JSON report as is counted. */
const Report = z.object({
  testResults: z.array(
    z.object({
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
})

/**
 * What a run of Vitest came to. A file that failed without a failed test (it could not be loaded, a hook broke) counts as
 * one failure, and so does a run that failed without one, or left no report.
 */
export function countTests(reportText: string | undefined, exitCode: number | null): Count {
  const report = parseReport(reportText)
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const passed = tests.filter(({ status }) => status === 'passed').length
  const failedTests = tests.filter(({ status }) => status === 'failed').length
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  ).length
  const failed = failedTests + brokenFiles
  const isUnexplained = failed === 0 && (exitCode !== 0 || passed === 0)
  return {
    passed,
    failed: isUnexplained ? 1 : failed,
    skipped: tests.length - passed - failedTests,
  }
}

function parseReport(text: string | undefined): z.infer<typeof Report> | undefined {
  if (text === undefined) return undefined
  try {
    return Report.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export const addCounts = (counts: readonly Count[]): Count =>
  counts.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  )
