import type { Context } from '../context/context.ts'
import { readLogPage } from '../system/log-file.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { CommandResult, Session } from './session.ts'
import { findPlace } from './site-place.ts'

/** No page has more lines, or more bytes before it is cleaned. */
const MAX_LINES = 1000
const MAX_BYTES = 256 * 1024
const MAX_LINE = 4096

/**
 * `logs @site WHICH [LINES] [BEFORE]`: the last lines of a site's access or error log, or those before a place of an earlier
 * answer. What visitors send stands in these lines: whatever a terminal or a page could take for more than text is shown by
 * its number.
 */
export async function readSiteLog(
  session: Session,
  site: Context,
  [which = '', lines = '200', before]: readonly string[],
): Promise<CommandResult> {
  const { web, uri } = await findPlace(session, site)
  const logs = web.logsOf?.(uri)
  if (logs === undefined)
    throw new ProvisionError(
      'PROVISION_NO_LOGS',
      `The web service of @${site.name} keeps no logs of its sites.`,
    )
  if (which !== 'access' && which !== 'error')
    throw new ProvisionError('PROVISION_USAGE', 'The logs of a site are “access” and “error”.')
  const maxLines = Math.min(toCount(lines), MAX_LINES)
  const page = await readLogPage(logs[which], {
    maxLines,
    maxBytes: MAX_BYTES,
    ...(before === undefined ? {} : { before: toCount(before) }),
  })
  return {
    data: { which, ...page, lines: page.lines.map(toShownLine) },
    contexts: [],
    removedContexts: [],
  }
}

function toCount(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new ProvisionError('PROVISION_USAGE', `${JSON.stringify(text.slice(0, 40))} is no number.`)
}

/** Control characters, those without a shape, and what changes the direction of reading, as `\\u{1b}`. */
export const toShownLine = (line: string): string =>
  line
    .slice(0, MAX_LINE)
    .replace(/\t/g, '    ')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`)
