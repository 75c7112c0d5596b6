import { Menu, Tray, type MenuItemConstructorOptions, type NativeImage } from 'electron'
import {
  trayMenu,
  trayToolTip,
  type TrayAction,
  type TrayItem,
  type TrayView,
} from './tray-menu.ts'

export interface DeskTrayParts {
  icon: NativeImage
  view: () => Promise<TrayView>
  act: (action: TrayAction) => void
}

/** So that a busy desk does not rebuild its menu with each line of a log. */
const REFRESH_MS = 250

/** The icon in the system's tray. It asks for its view anew after `changed`, at most four times a second. */
export class DeskTray {
  readonly #parts: DeskTrayParts
  readonly #tray: Tray
  #timer: NodeJS.Timeout | undefined

  constructor(parts: DeskTrayParts) {
    this.#parts = parts
    this.#tray = new Tray(parts.icon)
    this.#tray.on('click', () => parts.act({ do: 'open' }))
  }

  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.refresh()
    }, REFRESH_MS)
  }

  async refresh(): Promise<void> {
    const view = await this.#parts.view()
    if (this.#tray.isDestroyed()) return
    this.#tray.setToolTip(trayToolTip(view.dispatch))
    const items = trayMenu(view).map((item) => this.#toMenuItem(item))
    this.#tray.setContextMenu(Menu.buildFromTemplate(items))
  }

  destroy(): void {
    clearTimeout(this.#timer)
    this.#tray.destroy()
  }

  #toMenuItem(item: TrayItem): MenuItemConstructorOptions {
    switch (item.item) {
      case 'separator':
        return { type: 'separator' }
      case 'text':
        return { label: item.label, enabled: false }
      case 'action':
        return {
          label: item.label,
          click: () => this.#parts.act(item.action),
          ...(item.isChecked === undefined ? {} : { type: 'checkbox', checked: item.isChecked }),
        }
    }
  }
}
