const BLOCK = 512

/** Two empty blocks: nothing comes behind them. */
export const TAR_END = Buffer.alloc(2 * BLOCK)

/** A plain file of a tar, for this account alone. Its name is short and of plain signs. */
export function renderMember(name: string, text: string, mode = 0o600): Buffer {
  const content = Buffer.from(text)
  const head = Buffer.alloc(BLOCK)
  const put = (value: string, at: number): void => void head.write(value, at, 'latin1')
  put(name, 0)
  put(octal(mode, 7), 100)
  put(octal(0, 7), 108)
  put(octal(0, 7), 116)
  put(octal(content.length, 11), 124)
  put(octal(Math.floor(Date.now() / 1000), 11), 136)
  // The sum counts itself as spaces.
  put(' '.repeat(8), 148)
  put('0', 156)
  put('ustar\0' + '00', 257)
  put(`${octal(sumOf(head), 6)}\0 `, 148)
  return Buffer.concat([head, content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)])
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')

const sumOf = (head: Buffer): number => head.reduce((sum, byte) => sum + byte, 0)
