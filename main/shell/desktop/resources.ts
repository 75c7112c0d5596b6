import path from 'node:path'

/** Files beside the built main bundle, wherever it lies. */
export function resourcesOf(mainFolder: string) {
  const dist = path.dirname(mainFolder)
  return {
    programFile: path.join(dist, 'provision', 'provision.mjs'),
    templateFolder: toUnpacked(path.join(dist, 'templates', 'static-site')),
    rendererFolder: path.join(dist, 'renderer'),
    preloadFile: path.join(mainFolder, 'preload.cjs'),
    iconFile: path.join(mainFolder, 'assets', 'icon.png'),
    trayFile: path.join(
      mainFolder,
      'assets',
      process.platform === 'darwin' ? 'trayTemplate.png' : 'tray.png',
    ),
  }
}

/** What others than Electron read, or what is copied as a folder, lies beside the archive. */
const toUnpacked = (file: string): string =>
  file.replace(`${path.sep}app.asar${path.sep}`, `${path.sep}app.asar.unpacked${path.sep}`)
