import type { Change, DispatchState } from '#shared/contract/app.ts'
import type { SecretBox } from './settings/secret-box.ts'

export interface AppParts {
  /** The data folder, 0700. */
  folder: string
  shell: 'desktop' | 'headless' | 'command-line'
  secretBox: SecretBox | null
  /** The bundled program for servers. */
  programFile: string
  /** The static platform that the demo server starts with. */
  templateFolder: string
  now: () => number
}

/** The application without a window: what every shell opens, serves and closes. */
export interface App {
  readonly dispatchState: () => DispatchState
  /** Tells of every change; returns what ends the listening. */
  onChange(listener: (change: Change) => void): () => void
  pauseDispatch(): Promise<void>
  resumeDispatch(): Promise<void>
  /** Lets runs go on where they are, closes connections and the store. */
  close(): Promise<void>
}
