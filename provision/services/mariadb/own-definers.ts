const FEED = 10
/** Where a statement that has a definer begins: mariadb-dump puts it at the beginning of a line. */
const BEGINNINGS = ['/*!50', 'CREATE DEFINER=', '/*!100'].map((text) => Buffer.from(text))
const DEFINER = /DEFINER=`[^`]*`@`[^`]*`/g

/**
 * Makes whoever loads a dump the definer of the views, routines and triggers in it: it may be loaded by another account
 * than the one that they belonged to, and that one could not name it. Rows are never touched: no line of theirs begins so,
 * since line feeds in values are escaped.
 */
export class OwnDefiners {
  /** The part of a line that may still become one with a definer. */
  #held: Buffer = Buffer.alloc(0)
  #isInOther = false

  /** As much of the dump as can be said so far. */
  take(bytes: Buffer): Buffer {
    let rest = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    this.#held = Buffer.alloc(0)
    const done: Buffer[] = []
    while (rest.length > 0) {
      const feed = rest.indexOf(FEED)
      if (feed === -1 && !this.#isInOther && mayHaveDefiner(rest)) {
        this.#held = rest
        break
      }
      const line = feed === -1 ? rest : rest.subarray(0, feed + 1)
      done.push(this.#isInOther ? line : withOwnDefiner(line))
      this.#isInOther = feed === -1
      rest = rest.subarray(line.length)
    }
    return Buffer.concat(done)
  }

  /** What is held back at the end. */
  rest(): Buffer {
    return withOwnDefiner(this.#held)
  }
}

/** A piece may end within the beginning. Such lines are short; one that is not is no such line. */
const mayHaveDefiner = (line: Buffer): boolean =>
  line.length < 65_536 &&
  BEGINNINGS.some((beginning) => {
    const length = Math.min(beginning.length, line.length)
    return beginning.compare(line, 0, length, 0, length) === 0
  })

function withOwnDefiner(line: Buffer): Buffer {
  if (!mayHaveDefiner(line) || !line.includes('DEFINER=`')) return line
  return Buffer.from(line.toString('latin1').replace(DEFINER, 'DEFINER=CURRENT_USER'), 'latin1')
}
