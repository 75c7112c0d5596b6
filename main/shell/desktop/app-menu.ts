import type { MenuItemConstructorOptions } from 'electron'

/** What an item of the menu asks of the window. */
export type MenuAction =
  | { do: 'go'; route: string }
  | { do: 'back' }
  /** A key that the page itself answers to, as if it was pressed there. */
  | { do: 'press'; key: string; isWithModifier: boolean }
  | { do: 'open-data-folder' }

const PLACES = [
  ['Overview', '/'],
  ['Tasks', '/tasks'],
  ['Sites', '/sites'],
  ['Platforms', '/platforms'],
  ['Servers', '/servers'],
  ['Clients', '/clients'],
  ['Backups', '/backups'],
  ['Queues', '/queues'],
] as const

/**
 * The menu of the window: where one goes, what is added most, and what the system's own keys (copy, paste, zoom, quit)
 * hang on. Keys that the page answers to are shown, and left to the page.
 */
export function appMenu({
  isMac,
  isPackaged,
  act,
}: {
  isMac: boolean
  isPackaged: boolean
  act: (action: MenuAction) => void
}): MenuItemConstructorOptions[] {
  const go = (label: string, route: string, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    click: () => act({ do: 'go', route }),
    ...(accelerator === undefined ? {} : { accelerator }),
  })
  const press = (label: string, key: string, accelerator: string): MenuItemConstructorOptions => ({
    label,
    accelerator,
    registerAccelerator: false,
    click: () => act({ do: 'press', key, isWithModifier: accelerator.includes('+') }),
  })
  const settings = go('Settings…', '/settings', 'CmdOrCtrl+,')
  const line: MenuItemConstructorOptions = { type: 'separator' }

  const file: MenuItemConstructorOptions[] = [
    go('Install a &site…', '/sites/add', 'CmdOrCtrl+N'),
    go('Add a &platform…', '/platforms/add'),
    go('Add a se&rver…', '/servers/add', 'CmdOrCtrl+Shift+N'),
    go('Add a &client…', '/clients/add'),
    line,
    { label: 'Open the &data folder', click: () => act({ do: 'open-data-folder' }) },
    ...(isMac ? [] : [settings, line]),
    { role: 'close' },
    ...(isMac ? [] : [{ role: 'quit' } as const]),
  ]
  const view: MenuItemConstructorOptions[] = [
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    line,
    { role: 'togglefullscreen' },
  ]
  const development: MenuItemConstructorOptions[] = [
    line,
    { role: 'reload' },
    { role: 'toggleDevTools' },
  ]
  const places: MenuItemConstructorOptions[] = [
    press('&Find anything…', 'k', 'CmdOrCtrl+K'),
    { label: '&Back', accelerator: 'Alt+Left', click: () => act({ do: 'back' }) },
    line,
    ...PLACES.map(([label, route], at) => go(label, route, `CmdOrCtrl+${at + 1}`)),
  ]
  const aboutMac: MenuItemConstructorOptions = {
    role: 'appMenu',
    submenu: [
      { role: 'about' },
      line,
      settings,
      line,
      { role: 'services' },
      line,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      line,
      { role: 'quit' },
    ],
  }
  return [
    ...(isMac ? [aboutMac] : []),
    { label: '&File', submenu: file },
    { role: 'editMenu' },
    { label: '&View', submenu: isPackaged ? view : [...view, ...development] },
    { label: '&Go', submenu: places },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [press('&Keys', '?', '?'), ...(isMac ? [] : [line, { role: 'about' } as const])],
    },
  ]
}
