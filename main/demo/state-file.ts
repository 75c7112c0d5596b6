import { open, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'

/** What the demo server remembers from one start to the next. */
const DemoState = z.object({ sshPort: z.number().int(), webPort: z.number().int() })
export type DemoState = z.infer<typeof DemoState>

const stateFile = (folder: string): string => path.join(folder, 'state.json')

/** Port 0 where nothing (or nothing readable) was stored: any port is as good. */
export async function readState(folder: string): Promise<DemoState> {
  try {
    return DemoState.parse(JSON.parse(await readFile(stateFile(folder), 'utf8')))
  } catch {
    return { sshPort: 0, webPort: 0 }
  }
}

export async function writeState(folder: string, state: DemoState): Promise<void> {
  await writeFileWhole(stateFile(folder), `${JSON.stringify(state)}\n`)
}

/** Writes a 0600 file that is there whole or not at all. */
export async function writeFileWhole(file: string, text: string): Promise<void> {
  const aside = `${file}.new`
  const handle = await open(aside, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(aside, file)
}
