import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

/**
 * axe-core, Deque's checker of accessibility. It is licensed under the MPL and so used by tests alone, as it came: see
 * docs/decisions/axe-core.md.
 */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  id: string
  help: string
  nodes: { html: string; failureSummary?: string }[]
}
interface Axe {
  run(context: object, options: object): Promise<{ violations: Violation[] }>
}

/** What is wrong with the page as it is now, a line for each; empty where nothing is. */
export async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: Axe }
    return (await axe.run(document, { resultTypes: ['violations'] })).violations
  })
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html}: ${failureSummary ?? ''}`),
  )
}
