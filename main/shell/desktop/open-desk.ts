import { dialog } from 'electron'
import { AppError, isAppError } from '#shared/errors.ts'
import { openApp, type App, type AppParts } from '../../app.ts'

/**
 * Opens the application's core. Where another long-lived owner has the store, the operator is asked: try again, or give
 * up (undefined). A command that is at work is waited for by `openApp` itself.
 */
export async function openDesk(parts: AppParts): Promise<App | undefined> {
  for (;;) {
    try {
      return await openApp(parts)
    } catch (error) {
      const wantsAgain = isAppError(error, 'store.locked')
        ? await askAboutOwner(error)
        : tellOfFailure(error)
      if (!wantsAgain) return undefined
    }
  }
}

async function askAboutOwner(error: AppError): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'info',
    title: 'Hosting Desk',
    message: 'Hosting Desk is already at work with this data.',
    detail: `${error.message}\n\nEnd it first, or use the window or browser page that it has.`,
    buttons: ['Try again', 'Quit'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  })
  return response === 0
}

function tellOfFailure(error: unknown): false {
  const text = error instanceof AppError ? error.message : String(error)
  dialog.showErrorBox('Hosting Desk cannot open its data', text)
  return false
}
