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

/** A long name as a start that may be cut to the room there is, and an end that stays; short ones are all end. */
export function splitForMiddle(text: string): { start: string; end: string } {
  const characters = [...text]
  if (characters.length <= WHOLE) return { start: '', end: text }
  return {
    start: characters.slice(0, -TAIL).join(''),
    end: characters.slice(-TAIL).join(''),
  }
}

const WHOLE = 28
const TAIL = 18
