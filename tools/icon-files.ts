/** One picture of an icon: its width and height in pixels, and its PNG. */
export interface IconImage {
  size: number
  png: Buffer
}

/** Windows' file of an icon, which holds PNGs as they are. */
export function toIco(images: readonly IconImage[]): Buffer {
  const head = Buffer.alloc(6 + 16 * images.length)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(images.length, 4)
  let at = head.length
  images.forEach(({ size, png }, index) => {
    const entry = 6 + 16 * index
    // A byte each: 0 stands for 256.
    head.writeUInt8(size % 256, entry)
    head.writeUInt8(size % 256, entry + 1)
    head.writeUInt16LE(1, entry + 4)
    head.writeUInt16LE(32, entry + 6)
    head.writeUInt32LE(png.length, entry + 8)
    head.writeUInt32LE(at, entry + 12)
    at += png.length
  })
  return Buffer.concat([head, ...images.map(({ png }) => png)])
}

/** What macOS calls its sizes, for ordinary screens and for those with twice the pixels. */
const ICNS_TYPES: readonly (readonly [type: string, size: number])[] = [
  ['icp4', 16],
  ['ic11', 32],
  ['icp5', 32],
  ['ic12', 64],
  ['ic07', 128],
  ['ic13', 256],
  ['ic08', 256],
  ['ic14', 512],
  ['ic09', 512],
  ['ic10', 1024],
]

/** macOS' file of an icon, with those of its sizes that there are pictures of. */
export function toIcns(images: readonly IconImage[]): Buffer {
  const entries = ICNS_TYPES.flatMap(([type, size]) => {
    const image = images.find((one) => one.size === size)
    return image === undefined ? [] : [toEntry(type, image.png)]
  })
  return toEntry('icns', Buffer.concat(entries))
}

function toEntry(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.write(type, 'latin1')
  head.writeUInt32BE(content.length + head.length, 4)
  return Buffer.concat([head, content])
}
