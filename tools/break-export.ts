import type { Plugin } from 'vite'

/**
 * Puts something that throws in the place of one export, so that a check can show that a test needs it. The place is
 * said as `FILE#NAME` or, of a class, `FILE#CLASS.MEMBER`.
 */
export function breakExport(place: string): Plugin {
  const [file = '', name = ''] = place.split('#')
  return {
    name: 'break-export',
    enforce: 'pre',
    transform(code, id) {
      if (!id.split('?')[0]?.endsWith(`/${file}`)) return undefined
      const broken = breakIn(code, name)
      if (broken === undefined) throw new Error(`${file} exports no ${name}`)
      return { code: broken, map: null }
    },
  }
}

/** The module with the export broken; undefined where it has no such export. */
export function breakIn(code: string, name: string): string | undefined {
  const [owner = '', member] = name.split('.')
  if (member !== undefined) {
    if (!new RegExp(`^export class ${owner}\\b`, 'm').test(code)) return undefined
    if (!new RegExp(`^ +(async |get )?\\*?${member}[(<]`, 'm').test(code)) return undefined
    return `${code}\nObject.defineProperty(${owner}.prototype, '${member}', { get() { ${THROW} } })\n`
  }
  const declared = new RegExp(`^export (async function\\*?|function\\*?|const) ${owner}\\b`, 'm')
  if (!declared.test(code)) return undefined
  const whole = code.replace(declared, `$1 ${owner}$whole`)
  return `${whole}\nexport function ${owner}() { ${THROW} }\n`
}

const THROW = "throw new Error('broken on purpose')"
