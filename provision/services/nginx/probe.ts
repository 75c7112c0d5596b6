import path from 'node:path'
import { findText, namesIn } from '../../system/files.ts'
import { ask } from '../../system/net.ts'
import { pause } from '../../system/process.ts'
import type { NginxFolders } from './config.ts'

/** One question to one site: over HTTP, and over HTTPS where it has it. */
export interface Probe {
  uri: string
  isSecure: boolean
}

/** How many sites are asked at once. */
const AT_ONCE = 8
/** How long one may take, and all together: what was not asked by then is not compared. */
const PATIENCE_MS = 2000
export const BUDGET_MS = 10_000
/** How often, and how patiently, one that seems to be broken is asked again. */
const ROUNDS = 2
const PAUSE_MS = 200
const LONGER_MS = 5000

export interface ProbeParts {
  folders: NginxFolders
  httpPort: number
  httpsPort: number | undefined
  signal: AbortSignal
}

/** What each site answered with; one that was not asked in time is missing, one without an answer has 0. */
export type Answers = ReadonlyMap<string, number>

/** Every site that this nginx has a virtual host for. */
export async function findProbes({ folders, httpsPort }: ProbeParts): Promise<Probe[]> {
  const names = (await namesIn(folders.vhosts)).filter((name) => name.endsWith('.conf'))
  const hasTls = await Promise.all(names.map((name) => isSecure(path.join(folders.vhosts, name))))
  return names.flatMap((name, index) => {
    const uri = name.slice(0, -'.conf'.length)
    const secure = hasTls[index] === true && httpsPort !== undefined
    return [{ uri, isSecure: false }, ...(secure ? [{ uri, isSecure: true }] : [])]
  })
}

const isSecure = async (file: string): Promise<boolean> =>
  ((await findText(file).catch(() => undefined)) ?? '').includes('ssl_certificate ')

/** Asks this machine for the front page of each. */
export async function askAll(
  probes: readonly Probe[],
  parts: ProbeParts,
  timeoutMs = PATIENCE_MS,
): Promise<Answers> {
  const answers = new Map<string, number>()
  const waiting = [...probes]
  const giveUpAt = performance.now() + BUDGET_MS
  const goOn = async (): Promise<void> => {
    for (let probe = waiting.shift(); probe !== undefined; probe = waiting.shift()) {
      if (performance.now() > giveUpAt || parts.signal.aborted) return
      answers.set(keyOf(probe), await askOne(probe, parts, timeoutMs))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, goOn))
  return answers
}

async function askOne(
  { uri, isSecure }: Probe,
  { httpPort, httpsPort, signal }: ProbeParts,
  timeoutMs: number,
): Promise<number> {
  const port = isSecure ? (httpsPort ?? httpPort) : httpPort
  const answer = await ask({ port, host: uri, isSecure, timeoutMs, signal })
  return answer?.status ?? 0
}

export interface Compared {
  broken: Broken[]
  /** Sites of which nobody knows, since there was no time to ask them. */
  unknown: string[]
}

/**
 * Sites that answered before, and now do not, or only that they fail: each as a sentence. What seems to be broken is asked
 * again, and given longer: a busy machine is no broken site.
 */
export async function confirmBroken(
  probes: readonly Probe[],
  before: Answers,
  parts: ProbeParts,
): Promise<Compared> {
  // Of those that did not answer before there is nothing to be known now.
  const answering = probes.filter((probe) => isGood(before.get(keyOf(probe)) ?? 0))
  const after = await askAll(answering, parts)
  const unasked = [
    ...probes.filter((probe) => !before.has(keyOf(probe))),
    ...answering.filter((probe) => !after.has(keyOf(probe))),
  ]
  let broken = findBroken(answering, before, after)
  for (let round = 0; round < ROUNDS && broken.length > 0; round++) {
    parts.signal.throwIfAborted()
    await pause(PAUSE_MS)
    const again = broken.map(({ probe }) => probe)
    broken = findBroken(again, before, await askAll(again, parts, LONGER_MS))
  }
  parts.signal.throwIfAborted()
  return { broken, unknown: [...new Set(unasked.map(({ uri }) => uri))] }
}

export interface Broken {
  probe: Probe
  what: string
}

export function findBroken(probes: readonly Probe[], before: Answers, after: Answers): Broken[] {
  return probes.flatMap((probe) => {
    const was = before.get(keyOf(probe))
    const is = after.get(keyOf(probe))
    if (was === undefined || is === undefined || !isGood(was) || isGood(is)) return []
    const how = is === 0 ? 'does not answer any more' : `answers with ${is} now`
    return [{ probe, what: `${addressOf(probe)} ${how}, and did with ${was}` }]
  })
}

const isGood = (status: number): boolean => status > 0 && status < 500

const addressOf = ({ uri, isSecure }: Probe): string => `${isSecure ? 'https' : 'http'}://${uri}`

const keyOf = addressOf
