import { openDeskAt } from './desk.ts'

/** Opens a data folder once without a demo server: whoever opens it next is not at a first run. */
export async function endFirstRun(data: string): Promise<void> {
  const { app } = await openDeskAt(data)
  await app.close()
}
