import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { chromium } from 'playwright-core'

/**
 * Draws the PNG files of the icons from their SVG sources, with the system's Chromium. Run by hand after a change:
 * `node tools/icons.ts`.
 */
const ASSETS = 'main/shell/desktop/assets'
const ICONS: readonly { source: string; target: string; size: number }[] = [
  { source: 'build/icon.svg', target: 'build/icon.png', size: 1024 },
  { source: 'build/icon.svg', target: `${ASSETS}/icon.png`, size: 512 },
  { source: `${ASSETS}/tray.svg`, target: `${ASSETS}/tray.png`, size: 16 },
  { source: `${ASSETS}/tray.svg`, target: `${ASSETS}/tray@2x.png`, size: 32 },
  { source: `${ASSETS}/trayTemplate.svg`, target: `${ASSETS}/trayTemplate.png`, size: 16 },
  { source: `${ASSETS}/trayTemplate.svg`, target: `${ASSETS}/trayTemplate@2x.png`, size: 32 },
]

const root = path.resolve(import.meta.dirname, '..')
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
})
const page = await browser.newPage()
for (const { source, target, size } of ICONS) {
  const svg = await readFile(path.join(root, source), 'base64')
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(
    `<body style="margin:0"><img width="${size}" height="${size}" src="data:image/svg+xml;base64,${svg}" /></body>`,
  )
  await page.screenshot({ path: path.join(root, target), omitBackground: true })
  console.log(target)
}
await browser.close()
