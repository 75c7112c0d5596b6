import { existsSync } from 'node:fs'
import * as files from 'node:fs/promises'
import os from 'node:os'
import type { JsonRecord } from '#shared/domain/json.ts'

export interface Load {
  /** Running and waiting processes, averaged over the last minute. */
  oneMinute: number
  cpus: number
}

export const readLoad = (): Load => ({ oneMinute: os.loadavg()[0] ?? 0, cpus: os.cpus().length })

export const hasIpv6 = (): boolean =>
  process.platform !== 'linux' || existsSync('/proc/net/if_inet6')

/** What a verify reports of the machine. */
export async function machineFacts(home: string): Promise<JsonRecord> {
  const { oneMinute, cpus } = readLoad()
  return {
    node: process.version.slice(1),
    system: `${os.type()} ${os.release()}`,
    cpus,
    load: Math.round(oneMinute * 100) / 100,
    memoryBytes: os.totalmem(),
    ...(await diskFacts(home)),
  }
}

async function diskFacts(folder: string): Promise<JsonRecord> {
  // Node has it from 18.15 on.
  if (typeof files.statfs !== 'function') return {}
  const { bavail, blocks, bsize } = await files.statfs(folder)
  return { diskFreeBytes: bavail * bsize, diskSizeBytes: blocks * bsize }
}

/** Bytes that are free where a folder lies; undefined where this Node cannot tell. */
export async function findFreeBytes(folder: string): Promise<number | undefined> {
  const { diskFreeBytes } = await diskFacts(folder)
  return typeof diskFreeBytes === 'number' ? diskFreeBytes : undefined
}
