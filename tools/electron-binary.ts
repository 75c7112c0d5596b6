import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Whether the desktop application can be opened here, or why not, in words that end a sentence. */
export type DesktopChance =
  { state: 'possible'; electron: string } | { state: 'impossible'; reason: string }

export interface Machine {
  platform: string
  env: Readonly<Record<string, string | undefined>>
  isRoot: boolean
  electron: string | undefined
}

export function desktopChance({ platform, env, isRoot, electron }: Machine): DesktopChance {
  if (electron === undefined) {
    return { state: 'impossible', reason: 'there is no Electron binary (npx install-electron)' }
  }
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) {
    return { state: 'impossible', reason: 'there is no display' }
  }
  if (platform === 'linux' && isRoot) {
    return { state: 'impossible', reason: 'Electron has no sandbox for root' }
  }
  return { state: 'possible', electron }
}

/**
 * The Electron binary that npm's package has unpacked, or undefined. Its own `require('electron')` is not asked: where
 * there is none it begins to download one.
 */
export function findElectron(
  packageFolder: string,
  env: Machine['env'] = process.env,
): string | undefined {
  const pathFile = path.join(packageFolder, 'path.txt')
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : 'electron'
  const folder = env['ELECTRON_OVERRIDE_DIST_PATH'] ?? path.join(packageFolder, 'dist')
  const file = path.join(folder, name)
  return existsSync(file) ? file : undefined
}
