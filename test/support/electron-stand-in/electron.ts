/**
 * Stands for the `electron` module where there is no Electron binary: the same calls, typed by Electron's own
 * declarations, over a real Chromium. As much of it as the desktop shell uses. It does not stand for Chromium's own
 * sandbox settings, the system's tray or its keychain: those are only recorded or imitated.
 */
import { app } from './app.ts'
import { serveControl } from './control.ts'

export { app } from './app.ts'
export { BrowserWindow } from './browser-window.ts'
export { ipcMain } from './web-contents.ts'
export { MessageChannelMain } from './ports.ts'
export { protocol } from './protocol.ts'
export {
  dialog,
  Menu,
  nativeImage,
  Notification,
  powerMonitor,
  safeStorage,
  screen,
  shell,
  Tray,
} from './system.ts'

serveControl()
// Electron lives until it is told to end, also while nothing but a dialog is open.
setInterval(() => {}, 3_600_000)
// As Electron does where nobody else listens.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit())
