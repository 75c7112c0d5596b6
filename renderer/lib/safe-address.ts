/** A web address that may become a link, or undefined: a server must not hand out `javascript:` or the like. */
export function toSafeAddress(address: string | null): string | undefined {
  if (address === null) return undefined
  let parsed: URL
  try {
    parsed = new URL(address)
  } catch {
    return undefined
  }
  const isWeb = parsed.protocol === 'http:' || parsed.protocol === 'https:'
  return isWeb && parsed.username === '' && parsed.password === '' ? address : undefined
}
