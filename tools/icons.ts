import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { toIcns, toIco, type IconImage } from './icon-files.ts'

/**
 * Draws the icons of every system from their SVG sources, with the system's Chromium. Run by hand after a change:
 * `node tools/icons.ts`.
 */
const ASSETS = 'main/shell/desktop/assets'
const LINUX_SIZES = [16, 24, 32, 48, 64, 96, 128, 256, 512, 1024]
const WINDOWS_SIZES = [16, 24, 32, 48, 64, 128, 256]
const TRAY = [
  { source: 'tray', target: 'tray', size: 16 },
  { source: 'tray', target: 'tray@2x', size: 32 },
  { source: 'tray', target: 'tray@3x', size: 48 },
  { source: 'trayTemplate', target: 'trayTemplate', size: 16 },
  { source: 'trayTemplate', target: 'trayTemplate@2x', size: 32 },
]

const root = path.resolve(import.meta.dirname, '..')
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
})
const page = await browser.newPage()

const images: IconImage[] = []
for (const size of LINUX_SIZES) images.push({ size, png: await draw(page, 'build/icon.svg', size) })
await mkdir(path.join(root, 'build/icons'), { recursive: true })
for (const { size, png } of images) await write(`build/icons/${size}x${size}.png`, png)
await write('build/icon.png', pngOf(1024))
await write(`${ASSETS}/icon.png`, pngOf(512))
await write('build/icon.ico', toIco(images.filter(({ size }) => WINDOWS_SIZES.includes(size))))
await write('build/icon.icns', toIcns(images))
for (const { source, target, size } of TRAY)
  await write(`${ASSETS}/${target}.png`, await draw(page, `${ASSETS}/${source}.svg`, size))
await browser.close()

function pngOf(size: number): Buffer {
  const image = images.find((one) => one.size === size)
  if (image === undefined) throw new Error(`There is no picture of ${size} pixels.`)
  return image.png
}

async function draw(on: Page, source: string, size: number): Promise<Buffer> {
  const svg = await readFile(path.join(root, source), 'base64')
  await on.setViewportSize({ width: size, height: size })
  await on.setContent(
    `<body style="margin:0"><img width="${size}" height="${size}" src="data:image/svg+xml;base64,${svg}" /></body>`,
  )
  return on.screenshot({ omitBackground: true })
}

async function write(target: string, bytes: Buffer): Promise<void> {
  await writeFile(path.join(root, target), bytes)
  console.log(target)
}
