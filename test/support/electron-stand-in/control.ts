import type { MenuItemConstructorOptions, Rectangle } from 'electron'
import vm from 'node:vm'
import type { Page } from 'playwright-core'
import { app } from './app.ts'
import { BrowserWindow } from './browser-window.ts'
import { StandInEvent } from './events.ts'
import { chosen, seen, waitingDialogs } from './system.ts'

/** What a test asks of the stand-in, over the channel of its child process. */
export type ControlRequest =
  | { do: 'look' }
  | { do: 'click-tray' }
  | { do: 'click-menu'; label: string }
  /** An item of the window's own menu. */
  | { do: 'click-app-menu'; label: string }
  | { do: 'click-notification'; title: string }
  /** Whether the person looks at the window. */
  | { do: 'set-in-front'; isInFront: boolean }
  | { do: 'set-bounds'; bounds: Partial<Rectangle> }
  | { do: 'choose-file'; file: string | undefined }
  /** As macOS hands over a link that was clicked elsewhere. */
  | { do: 'open-url'; url: string }
  | { do: 'close-window' }
  | { do: 'answer-dialog'; button: number }
  /** The text of a function that is handed the window's page. */
  | { do: 'page'; code: string }

/** What a person would see now. */
export interface Look {
  tray: { toolTip: string; hasImage: boolean; labels: string[] } | null
  windows: {
    url: string
    isShown: boolean
    timesFocused: number
    progress: number
    bounds: Rectangle
    preferences: Record<string, unknown>
  }[]
  dialogs: typeof seen.dialogs
  opened: string[]
  notifications: { title: string; body: string }[]
  /** Every item of the window's menu, by its path. */
  appMenu: string[]
  protocols: string[]
}

export function serveControl(): void {
  process.on('message', ({ id, request }: { id: number; request: ControlRequest }) => {
    handle(request).then(
      (result) => process.send?.({ id, result }),
      (error: unknown) => process.send?.({ id, error: String(error) }),
    )
  })
  process.on('disconnect', () => app.exit(1))
}

async function handle(request: ControlRequest): Promise<unknown> {
  switch (request.do) {
    case 'look':
      return look()
    case 'click-tray':
      return void seen.trays[0]?.emit('click')
    case 'click-menu':
      return click(request.label)
    case 'click-app-menu':
      return clickIn(allItems(seen.applicationMenu?.items ?? []), request.label)
    case 'click-notification':
      return void seen.notifications.findLast(({ title }) => title === request.title)?.emit('click')
    case 'set-in-front':
      return void BrowserWindow.all.forEach((window) => (window.isInFront = request.isInFront))
    case 'set-bounds':
      return BrowserWindow.all[0]?.setBounds(request.bounds)
    case 'choose-file':
      return void (chosen.file = request.file)
    case 'open-url':
      return void app.emit('open-url', new StandInEvent(), request.url)
    case 'close-window':
      return BrowserWindow.all[0]?.close()
    case 'answer-dialog':
      return waitingDialogs.shift()?.(request.button)
    case 'page':
      return withPage(request.code)
  }
}

function look(): Look {
  const tray = seen.trays[0]
  return {
    tray: tray
      ? { toolTip: tray.toolTip, hasImage: tray.hasImage, labels: menuItems().map(labelOf) }
      : null,
    windows: BrowserWindow.all.map((window) => ({
      url: window.webContents.getURL(),
      isShown: window.isShown,
      timesFocused: window.timesFocused,
      progress: window.progress,
      bounds: window.getNormalBounds(),
      preferences: { ...window.preferences },
    })),
    dialogs: seen.dialogs,
    opened: seen.opened,
    notifications: seen.notifications.map(({ title, body }) => ({ title, body })),
    appMenu: allItems(seen.applicationMenu?.items ?? []).map(menuLine),
    protocols: app.protocols,
  }
}

const menuItems = (): readonly MenuItemConstructorOptions[] => seen.trays[0]?.menu?.items ?? []

const labelOf = ({ type, label = '', enabled, checked }: MenuItemConstructorOptions): string => {
  if (type === 'separator') return '—'
  if (type === 'checkbox') return `${checked === true ? '☑' : '☐'} ${label}`
  return enabled === false ? `(${label})` : label
}

/** A menu with all that lies in it. */
const allItems = (
  items: readonly MenuItemConstructorOptions[],
): readonly MenuItemConstructorOptions[] =>
  items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? allItems(item.submenu) : [])])

const menuLine = ({ label, role, type, accelerator }: MenuItemConstructorOptions): string =>
  `${label ?? role ?? type ?? ''}${accelerator == null ? '' : ` [${accelerator}]`}`

const click = (label: string): void => clickIn(menuItems(), label)

function clickIn(items: readonly MenuItemConstructorOptions[], label: string): void {
  const item = items.find((one) => one.label === label)
  if (item?.click === undefined) throw new Error(`The menu has no “${label}”`)
  // Electron's own arguments are for items of its own.
  ;(item.click as () => void)()
}

async function withPage(code: string): Promise<unknown> {
  const page = BrowserWindow.all[0]?.webContents.page
  if (page === undefined) throw new Error('There is no window')
  const run: unknown = vm.runInThisContext(`(${code})`)
  return (run as (page: Page) => Promise<unknown>)(page)
}
