import type { Page } from 'playwright-core'

/** What may be scrolled in two directions: lines that are meant as they are, and the rows of a list with their heads. */
const WIDE = [
  '[role=log]',
  'pre',
  'table',
  'ol.font-mono',
  ':has(> ul > [data-index])',
  ':has(~ div > ul > [data-index])',
].join()

/**
 * What of a page, or of a part of it, does not fit into its window, in words: what is cut off, what has to be scrolled sideways, and controls
 * that no scrolling brings into sight.
 */
export const findCutOff = (page: Page, within = '#app'): Promise<string[]> =>
  page.evaluate(lookForCutOff, { within, wide: WIDE })

/** Runs in the page. */
function lookForCutOff({ within, wide }: { within: string; wide: string }): string[] {
  const found: string[] = []
  const isSeen = (element: Element): boolean =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    element.getBoundingClientRect().width > 1
  const nameOf = (element: Element): string => {
    const name = element.getAttribute('aria-label') ?? element.textContent.trim()
    return `${element.tagName.toLowerCase()} “${name.replaceAll(/\s+/g, ' ').slice(0, 60)}”`
  }
  const { documentElement: root } = document
  if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth} wide`)

  for (const element of document.querySelectorAll(`${within} *`)) {
    if (!isSeen(element) || element.closest('svg')) continue
    const { overflowX, overflowY, textOverflow, display } = getComputedStyle(element)
    if (display.startsWith('inline') && display !== 'inline-flex') continue
    const isWider = element.scrollWidth > element.clientWidth + 1
    const isHigher = element.scrollHeight > element.clientHeight + 1
    const isHidden = (overflow: string): boolean => overflow === 'hidden' || overflow === 'clip'
    if (isWider && isHidden(overflowX) && textOverflow !== 'ellipsis')
      found.push(`cut off at the side: ${nameOf(element)}`)
    if (isHigher && isHidden(overflowY) && textOverflow !== 'ellipsis')
      found.push(`cut off below: ${nameOf(element)}`)
    if (isWider && /auto|scroll/.test(overflowX) && !element.closest(wide))
      found.push(`scrolled sideways: ${nameOf(element)}`)
  }

  const controls = document.querySelectorAll(
    `${within} :is(a[href], button, input, select, textarea, summary, [tabindex="0"])`,
  )
  for (const control of controls) {
    if (!isSeen(control) || control.closest(wide) === control) continue
    control.scrollIntoView({ block: 'center', inline: 'nearest' })
    const { left, right, top, bottom } = control.getBoundingClientRect()
    const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
    const isHit = hit !== null && (control.contains(hit) || hit.closest('label') !== null)
    const isCutOff = (left < 0 || right > innerWidth + 1) && !control.closest(wide)
    if (!isHit || isCutOff) found.push(`out of reach: ${nameOf(control)}`)
  }
  return found
}
