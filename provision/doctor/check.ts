import type { Finding } from '#shared/domain/finding.ts'
import type { Context } from '../context/context.ts'
import type { Folders } from '../system/account.ts'
import type { MachineFile } from '../system/machine-file.ts'

/** What checks look at. */
export interface Patient {
  server: Context
  folders: Folders
  /** Undefined where no bootstrap script has prepared the machine: only static sites are possible there. */
  machine: MachineFile | undefined
  signal: AbortSignal
}

/** One thing that is looked at. It changes nothing, and says what it found in one finding or more. */
export interface Check {
  name: string
  look(patient: Patient): Promise<Found | readonly Found[]>
}

/** A finding without the name of its check. */
export type Found = Omit<Finding, 'check'>

export const ok = (message: string): Found => ({ severity: 'ok', message, remedy: null })
export const info = (message: string, remedy: string | null = null): Found => ({
  severity: 'info',
  message,
  remedy,
})
export const warning = (message: string, remedy: string): Found => ({
  severity: 'warning',
  message,
  remedy,
})
export const error = (message: string, remedy: string): Found => ({
  severity: 'error',
  message,
  remedy,
})

export const RUN_BOOTSTRAP = 'Run the bootstrap script of this server again.'
