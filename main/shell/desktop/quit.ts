import { app, dialog, powerMonitor } from 'electron'

/**
 * Quitting, in order. Electron does not wait by itself: the first attempt to end is put off until everything was closed.
 * While tasks run, the person is told that they go on and asked once more; the system, and a signal, are not kept waiting.
 */
export function quitInOrder({
  running,
  close,
}: {
  running: () => number
  close: () => Promise<void>
}): void {
  let isDecided = false
  const decide = (): void => void (isDecided = true)
  powerMonitor.on('shutdown', decide)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.prependListener(signal, () => {
      decide()
      app.quit()
    })

  let isAsking = false
  app.on('before-quit', (event) => {
    if (isDecided || running() === 0) return
    event.preventDefault()
    if (isAsking) return
    isAsking = true
    void wantsToQuit(running()).then((wants) => {
      isAsking = false
      if (!wants) return
      decide()
      app.quit()
    })
  })
  app.once('will-quit', (event) => {
    event.preventDefault()
    close()
      .catch((error: unknown) => console.error(error))
      .finally(() => app.exit(0))
  })
}

async function wantsToQuit(running: number): Promise<boolean> {
  const one = running === 1
  const { response } = await dialog.showMessageBox({
    type: 'question',
    title: 'Hosting Desk',
    message: one ? 'A task is running.' : `${running} tasks are running.`,
    detail: `${one ? 'It goes' : 'They go'} on on ${one ? 'its server' : 'their servers'}. What becomes of ${one ? 'it' : 'them'} is collected when Hosting Desk is opened again; until then no other task starts.`,
    buttons: ['Quit', 'Stay'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  })
  return response === 0
}
