import { ProvisionError } from '../../system/provision-error.ts'

/** What nginx takes apart, and what would be a variable in some directives. Nothing escapes them all. */
const UNSAFE = /[$"\\\p{Cc}]/u

/** A path between quotes. */
export function quote(text: string): string {
  if (UNSAFE.test(text))
    throw new ProvisionError('PROVISION_UNSAFE_HOME', `nginx cannot take ${JSON.stringify(text)}.`)
  return `"${text}"`
}

/** A path of an address, between quotes: what an application's description says, which may have come from a site. */
export function quoteAddress(address: string): string {
  if (/^\/[A-Za-z0-9._~/@+-]*$/.test(address)) return `"${address}"`
  throw badSite(`${JSON.stringify(address)} is not a plain path of an address`)
}

/** The same as a part of a regular expression. */
export const matchAddress = (address: string): string =>
  quoteAddress(address).slice(1, -1).replace(/[.+]/g, '\\$&')

/** The value of a FastCGI parameter, between quotes. */
export function quoteValue(name: string, value: string): string {
  if (!UNSAFE.test(value) && value.length <= 4096) return `"${value}"`
  throw badSite(`the parameter ${name} has a sign that nginx takes for its own, or is too long`)
}

export const badSite = (why: string): ProvisionError =>
  new ProvisionError('PROVISION_BAD_OPTION', `No virtual host is written: ${why}.`)

/** A host name, or a wildcard, which nginx takes only where no server names the host itself. */
export const serverName = (name: string): string =>
  /^\*\.[^.]+\./.test(name) ? `*.${hostName(name.slice(2))}` : hostName(name)

/** Names were checked when they were saved; a file that someone changed by hand was not. */
export function hostName(name: string): string {
  if (/^[a-z0-9]([a-z0-9.-]{0,233}[a-z0-9])?$/.test(name)) return name
  throw new ProvisionError('PROVISION_BAD_OPTION', `${JSON.stringify(name)} is not a host name.`)
}

/** Lines one level further in; empty ones stay so. */
export const indent = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => line.split('\n')).map((line) => (line === '' ? '' : `  ${line}`))

/** A block of the configuration. */
export const block = (head: string, lines: readonly string[]): string[] => [
  `${head} {`,
  ...indent(lines),
  '}',
]
