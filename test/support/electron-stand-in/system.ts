import type {
  Dialog,
  Menu as ElectronMenu,
  MenuItem,
  MenuItemConstructorOptions,
  MessageBoxOptions,
  MessageBoxReturnValue,
  NativeImage,
  NotificationConstructorOptions,
  OpenDialogReturnValue,
  SafeStorage,
  SaveDialogReturnValue,
  Shell,
} from 'electron'
import { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'

interface RecordedMenu {
  items: readonly MenuItemConstructorOptions[]
}

/** Everything that would be seen on the screen, or be opened elsewhere. */
export const seen = {
  trays: [] as Tray[],
  applicationMenu: null as RecordedMenu | null,
  dialogs: [] as { kind: 'box' | 'error'; message: string; detail: string; buttons: string[] }[],
  opened: [] as string[],
  notifications: [] as Notification[],
}
/** What the person answers when asked for a file; undefined for “not after all”. */
export const chosen = { file: undefined as string | undefined }
/** Dialogs that wait for their button. */
export const waitingDialogs: ((button: number) => void)[] = []

export class Tray extends EventEmitter {
  readonly hasImage: boolean
  toolTip = ''
  menu: RecordedMenu | undefined
  #isDestroyed = false

  constructor(image: NativeImage) {
    super()
    this.hasImage = !image.isEmpty()
    seen.trays.push(this)
  }

  setToolTip(text: string): void {
    this.toolTip = text
  }

  setContextMenu(menu: RecordedMenu): void {
    this.menu = menu
  }

  isDestroyed(): boolean {
    return this.#isDestroyed
  }

  destroy(): void {
    this.#isDestroyed = true
    seen.trays.splice(seen.trays.indexOf(this), 1)
  }
}

export const Menu = {
  buildFromTemplate: (items: (MenuItemConstructorOptions | MenuItem)[]): RecordedMenu => ({
    items: items as MenuItemConstructorOptions[],
  }),
  setApplicationMenu: (menu: RecordedMenu | null): void => void (seen.applicationMenu = menu),
} satisfies Record<
  keyof Pick<typeof ElectronMenu, 'buildFromTemplate' | 'setApplicationMenu'>,
  unknown
>

export const nativeImage = {
  createFromPath: (file: string) => ({ isEmpty: () => !existsSync(file) }),
}

const showMessageBox = (options: MessageBoxOptions): Promise<MessageBoxReturnValue> => {
  const { message, detail = '', buttons = [] } = options
  seen.dialogs.push({ kind: 'box', message, detail, buttons })
  return new Promise((resolve) =>
    waitingDialogs.push((response) => resolve({ response, checkboxChecked: false })),
  )
}
/** It would stand there until it was read; here it goes by at once, so it is printed too. */
const showErrorBox: Dialog['showErrorBox'] = (message, detail) => {
  seen.dialogs.push({ kind: 'error', message, detail, buttons: [] })
  console.error(`${message}: ${detail}`)
}
const showSaveDialog = (): Promise<SaveDialogReturnValue> =>
  Promise.resolve({ canceled: chosen.file === undefined, filePath: chosen.file ?? '' })
const showOpenDialog = (): Promise<OpenDialogReturnValue> =>
  Promise.resolve({
    canceled: chosen.file === undefined,
    filePaths: chosen.file === undefined ? [] : [chosen.file],
  })
export const dialog = { showMessageBox, showErrorBox, showSaveDialog, showOpenDialog }

export class Notification extends EventEmitter {
  static isSupported(): boolean {
    return true
  }

  readonly title: string
  readonly body: string

  constructor({ title = '', body = '' }: NotificationConstructorOptions = {}) {
    super()
    this.title = title
    this.body = body
  }

  show(): void {
    seen.notifications.push(this)
  }

  close(): void {
    this.emit('close')
  }
}

export const powerMonitor = new EventEmitter()

export const screen = {
  getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }],
}

const openExternal: Shell['openExternal'] = (url) => {
  seen.opened.push(url)
  return Promise.resolve()
}
const openPath: Shell['openPath'] = (file) => {
  seen.opened.push(file)
  return Promise.resolve('')
}
export const shell = { openExternal, openPath }

/** An imitation: whoever reads the store finds no secret in clear, and that is all. */
const encryptString: SafeStorage['encryptString'] = (text) =>
  Buffer.from(`sealed:${Buffer.from(text).toString('base64')}`)
const decryptString: SafeStorage['decryptString'] = (sealed) => {
  const [, text] = /^sealed:(.*)$/s.exec(sealed.toString()) ?? []
  if (text === undefined) throw new Error('Sealed elsewhere')
  return Buffer.from(text, 'base64').toString()
}
export const safeStorage = {
  isEncryptionAvailable: () => true,
  getSelectedStorageBackend: () => 'gnome_libsecret' as const,
  encryptString,
  decryptString,
}
