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
  dialect: 'What it runs',
}

const CHECK_ICON: Readonly<Record<CheckEvent['state'], string>> = {
  running: 'i-lucide-loader-circle',
  ok: 'i-lucide-check',
  warning: 'i-lucide-triangle-alert',
  failed: 'i-lucide-x',
  skipped: 'i-lucide-minus',
}

const CHECK_TONE: Readonly<Record<CheckEvent['state'], Tone>> = {
  running: 'info',
  ok: 'success',
  warning: 'warning',
  failed: 'error',
  skipped: 'neutral',
}

/** A key that was never seen is no failure: the question below asks about it. */
export const isKeyQuestion = (stage: CheckEvent): boolean => stage.code === 'ssh.host-key-unknown'

export const toCheckIcon = (stage: CheckEvent): string =>
  isKeyQuestion(stage) ? 'i-lucide-circle-help' : CHECK_ICON[stage.state]

export const toCheckTone = (stage: CheckEvent): Tone =>
  isKeyQuestion(stage) ? 'warning' : CHECK_TONE[stage.state]
