/** What `sha256sum` prints of files and `sha256sum -c` reads: a line of each, sum and name. */
export const renderChecksums = (digests: ReadonlyMap<string, string>): string =>
  [...digests].map(([name, digest]) => renderLine(name, digest)).join('')

/** The sums by the files' names; undefined where the text is of another kind. */
export function parseChecksums(text: string): Map<string, string> | undefined {
  const digests = new Map<string, string>()
  for (const line of text.split('\n').slice(0, -1)) {
    const [, escape = '', digest = '', name = ''] = LINE.exec(line) ?? []
    if (digest === '') return undefined
    digests.set(
      escape === '' ? name : name.replace(/\\(.)/g, (_, sign: string) => SIGNS[sign] ?? sign),
      digest,
    )
  }
  return digests
}

const LINE = /^(\\?)([0-9a-f]{64}) [ *](.+)$/

/** A name that would break its line says so by a backslash at its begin. */
function renderLine(name: string, digest: string): string {
  const escaped = name.replace(/[\\\n\r]/g, (sign) => ESCAPES[sign] ?? sign)
  return `${escaped === name ? '' : '\\'}${digest}  ${escaped}\n`
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' }
const SIGNS: Readonly<Record<string, string>> = { n: '\n', r: '\r' }
