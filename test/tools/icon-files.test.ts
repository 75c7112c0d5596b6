import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const BUILD = path.resolve(import.meta.dirname, '../../build')
const PNG = Buffer.from('\u0089PNG', 'latin1')

/** The width that a PNG says it has. */
const widthOf = (png: Buffer): number => {
  expect(png.subarray(0, 4).equals(PNG)).toBe(true)
  return png.readUInt32BE(16)
}

describe('the icons', () => {
  test('of Linux are there in every size, each as large as its name says', () => {
    const files = readdirSync(path.join(BUILD, 'icons'))
    expect(files.map((name) => Number.parseInt(name)).sort((a, b) => a - b)).toEqual([
      16, 24, 32, 48, 64, 96, 128, 256, 512, 1024,
    ])
    for (const name of files)
      expect(widthOf(readFileSync(path.join(BUILD, 'icons', name)))).toBe(Number.parseInt(name))
  })

  test('of Windows are one file that leads to each of its pictures', () => {
    const ico = readFileSync(path.join(BUILD, 'icon.ico'))
    const entries = Array.from({ length: ico.readUInt16LE(4) }, (_, at) => 6 + 16 * at)
    const widths = entries.map((at) => {
      const start = ico.readUInt32LE(at + 12)
      const width = widthOf(ico.subarray(start, start + ico.readUInt32LE(at + 8)))
      expect(ico.readUInt8(at)).toBe(width % 256)
      return width
    })
    expect(widths).toEqual([16, 24, 32, 48, 64, 128, 256])
  })

  test('of macOS are one file whose lengths add up, up to 1024 pixels', () => {
    const icns = readFileSync(path.join(BUILD, 'icon.icns'))
    expect(icns.toString('latin1', 0, 4)).toBe('icns')
    expect(icns.readUInt32BE(4)).toBe(icns.length)
    const widths: number[] = []
    for (let at = 8; at < icns.length; at += icns.readUInt32BE(at + 4))
      widths.push(widthOf(icns.subarray(at + 8, at + icns.readUInt32BE(at + 4))))
    expect(widths).toEqual([16, 32, 32, 64, 128, 256, 256, 512, 512, 1024])
  })
})
