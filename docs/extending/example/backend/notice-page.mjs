// A helper: a file without a default export.

/** @param {string} text */
const escape = (text) => text.replace(/[&<>"']/g, (sign) => `&#${String(sign.codePointAt(0))};`)

/** @param {Date} date */
const timeTag = (date) => `<time datetime="${date.toISOString()}">${date.toUTCString()}</time>`

/**
 * @param {{ uri: string, headline: string, text: string, level: string, until: string | null,
 *   signature: string, publisher: string, language: string, now: Date }} notice
 */
export const noticePage = ({ uri, headline, text, level, until, now, ...from }) =>
  `<!doctype html>
<html lang="${escape(from.language)}">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <meta name="publisher" content="${escape(from.publisher)}" />
  <title>${escape(headline)} · ${escape(uri)}</title>
  <main data-level="${escape(level)}">
    <h1>${escape(headline)}</h1>
    <p>${escape(text)}</p>
    ${until === null ? '' : `<p>Until ${escape(until)}</p>`}
    <footer>${escape(from.signature)}, ${timeTag(now)}</footer>
  </main>
</html>
`

/**
 * @param {string} page
 * @param {Date} now
 */
export const renewedPage = (page, now) => page.replace(/<time .*?<\/time>/, timeTag(now))
