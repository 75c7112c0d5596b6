import type { CheckEvent, CheckStage } from '#shared/contract/backend.ts'
import type { Tone } from './task-state.ts'

export const CHECK_STAGE_WORDS: Readonly<Record<CheckStage, string>> = {
  resolve: 'Find the address',
  connect: 'Connect',
  'host-key': 'Host key',
  authentication: 'Log in',
  user: 'Account',
  'shell-speed': 'Speed of the shell',
  'account-locked': 'Account not locked',
  channels: 'Commands at once',
  clock: 'Clock',
}

export const CHECK_ICON: Readonly<Record<CheckEvent['state'], string>> = {
  running: 'i-lucide-loader-circle',
  ok: 'i-lucide-check',
  warning: 'i-lucide-triangle-alert',
  failed: 'i-lucide-x',
  skipped: 'i-lucide-minus',
}

export const CHECK_TONE: Readonly<Record<CheckEvent['state'], Tone>> = {
  running: 'info',
  ok: 'success',
  warning: 'warning',
  failed: 'error',
  skipped: 'neutral',
}
