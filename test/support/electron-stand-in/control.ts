import type { MenuItemConstructorOptions } from 'electron'
import vm from 'node:vm'
import type { Page } from 'playwright-core'
import { app } from './app.ts'
import { BrowserWindow } from './browser-window.ts'
import { seen, waitingDialogs } from './system.ts'

/** What a test asks of the stand-in, over the channel of its child process. */
export type ControlRequest =
  | { do: 'look' }
  | { do: 'click-tray' }
  | { do: 'click-menu'; label: string }
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
    preferences: Record<string, unknown>
  }[]
  dialogs: typeof seen.dialogs
  opened: string[]
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
    windows: BrowserWindow.all.map(({ webContents, isShown, timesFocused, preferences }) => ({
      url: webContents.getURL(),
      isShown,
      timesFocused,
      preferences: { ...preferences },
    })),
    dialogs: seen.dialogs,
    opened: seen.opened,
  }
}

const menuItems = (): readonly MenuItemConstructorOptions[] => seen.trays[0]?.menu?.items ?? []

const labelOf = ({ type, label = '', enabled }: MenuItemConstructorOptions): string =>
  type === 'separator' ? '—' : enabled === false ? `(${label})` : label

function click(label: string): void {
  const item = menuItems().find((one) => one.label === label)
  if (item?.click === undefined) throw new Error(`The tray's menu has no “${label}”`)
  // Electron's own arguments are for items of its own.
  ;(item.click as () => void)()
}

async function withPage(code: string): Promise<unknown> {
  const page = BrowserWindow.all[0]?.webContents.page
  if (page === undefined) throw new Error('There is no window')
  const run: unknown = vm.runInThisContext(`(${code})`)
  return (run as (page: Page) => Promise<unknown>)(page)
}
