/** Everything on standard input as text; undefined where it is longer than `maxBytes`. A terminal gives ''. */
export async function readInput(maxBytes: number): Promise<string | undefined> {
  if (process.stdin.isTTY) return ''
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of process.stdin) {
    parts.push(part as Buffer)
    bytes += (part as Buffer).length
    if (bytes > maxBytes) return undefined
  }
  return Buffer.concat(parts).toString('utf8')
}

/** Writes one line. A reader that went away does not stop the work. */
export function writeLine(line: string): void {
  process.stdout.write(line)
}

/** Aborts on the first TERM, INT or HUP; later ones change nothing, since what was done is being taken back. */
export function listenForStop(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => stop.abort())
  process.stdout.on('error', () => {})
  return stop.signal
}

/** Ends the process once standard output has taken everything. */
export function endWith(exitCode: number): void {
  process.exitCode = exitCode
  process.stdout.write('', () => process.exit(exitCode))
}
