import { existsSync } from 'node:fs'
import * as files from 'node:fs/promises'
import os from 'node:os'
import type { JsonRecord } from '#shared/domain/json.ts'
import { runProgram } from './process.ts'

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
    node: nodeVersion(),
    system: `${os.type()} ${os.release()}`,
    cpus,
    load: Math.round(oneMinute * 100) / 100,
    memoryBytes: os.totalmem(),
    ...(await diskFacts(home)),
  }
}

async function diskFacts(folder: string): Promise<JsonRecord> {
  const space = await findSpace(folder)
  return space === undefined
    ? {}
    : { diskFreeBytes: space.freeBytes, diskSizeBytes: space.sizeBytes }
}

export interface Space {
  /** Of the file system. */
  device: number
  freeBytes: number
  sizeBytes: number
  freeInodes: number
  /** 0 where the file system has no fixed number. */
  inodes: number
}

/** What is free where a folder lies; undefined where this Node cannot tell. */
export async function findSpace(folder: string): Promise<Space | undefined> {
  // Node has it from 18.15 on.
  if (typeof files.statfs !== 'function') return undefined
  const { bavail, blocks, bsize, ffree, files: inodes } = await files.statfs(folder)
  const { dev: device } = await files.stat(folder)
  const [freeBytes, sizeBytes] = [bavail * bsize, blocks * bsize]
  return { device, freeBytes, sizeBytes, freeInodes: ffree, inodes }
}

export const nodeVersion = (): string => process.version.slice(1)

/** Bytes that are free where a folder lies; undefined where this Node cannot tell. */
export async function findFreeBytes(folder: string): Promise<number | undefined> {
  const { diskFreeBytes } = await diskFacts(folder)
  return typeof diskFreeBytes === 'number' ? diskFreeBytes : undefined
}

/** Bytes that a folder takes on disk, with all below it; what cannot be looked into does not count. */
export async function findDiskUse(folder: string, signal: AbortSignal): Promise<number> {
  const { output } = await runProgram(['du', '-s', '--block-size=1', folder], { signal })
  return Number(/^(\d+)\t/m.exec(output)?.[1] ?? 0)
}
