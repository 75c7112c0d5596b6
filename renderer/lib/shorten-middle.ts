/**
 * A long name cut in its middle, so that the start of a host and its domain both stay. The end keeps a little more
 * than half. Counts characters as people do, so nothing is cut inside one.
 */
export function shortenMiddle(text: string, length: number): string {
  const characters = [...text]
  if (characters.length <= length) return text
  const tail = Math.ceil((length - 1) * 0.55)
  const head = length - 1 - tail
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - tail).join('')}`
}
