import type { MenuItemConstructorOptions } from 'electron'

/** The menu of the window: what the system's keys (copy, paste, zoom, quit) hang on, and nothing that the page has. */
export function appMenu({
  isMac,
  isPackaged,
}: {
  isMac: boolean
  isPackaged: boolean
}): MenuItemConstructorOptions[] {
  const view: MenuItemConstructorOptions[] = [
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { type: 'separator' },
    { role: 'togglefullscreen' },
  ]
  const development: MenuItemConstructorOptions[] = [
    { type: 'separator' },
    { role: 'reload' },
    { role: 'toggleDevTools' },
  ]
  return [
    isMac
      ? { role: 'appMenu' }
      : { label: '&File', submenu: [{ role: 'close' }, { role: 'quit' }] },
    { role: 'editMenu' },
    { label: '&View', submenu: isPackaged ? view : [...view, ...development] },
    { role: 'windowMenu' },
  ]
}
