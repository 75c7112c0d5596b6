import type { ServerFacts } from '#shared/domain/objects.ts'
import { toSizeText } from './size.ts'
import type { Tone } from './task-state.ts'

/** A figure of a server: its share of what there is, and in words. */
export interface Gauge {
  share: number
  words: string
  tone: Tone
}

/** Above these shares a figure is worth a look, and then needs somebody. */
const DISK_LIMITS = { warning: 0.85, error: 0.95 }
const LOAD_LIMITS = { warning: 1, error: 5 }

/** The load beside the number of processors; undefined where the verify did not say. */
export function toLoadGauge(facts: ServerFacts | null): Gauge | undefined {
  const { load, cpus } = facts ?? {}
  if (load === undefined || cpus === undefined) return undefined
  const each = load / cpus
  const words = `load ${load.toFixed(1)} · ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}`
  return { share: Math.min(1, each), words, tone: toneOf(each, LOAD_LIMITS) }
}

/** How full the disk is; undefined where the verify did not say. */
export function toDiskGauge(facts: ServerFacts | null): Gauge | undefined {
  const { diskFreeBytes, diskSizeBytes } = facts ?? {}
  if (diskFreeBytes === undefined || diskSizeBytes === undefined) return undefined
  const share = Math.min(1, Math.max(0, 1 - diskFreeBytes / diskSizeBytes))
  const words = `${toSizeText(diskFreeBytes)} free of ${toSizeText(diskSizeBytes)}`
  return { share, words, tone: toneOf(share, DISK_LIMITS) }
}

const toneOf = (share: number, { warning, error }: { warning: number; error: number }): Tone =>
  share > error ? 'error' : share > warning ? 'warning' : 'neutral'
