import type { JsonRecord } from '#shared/domain/json.ts'

/** Exchanges with Drush, framed as it frames them and in words of our own: for a clone of the project that stands alone. */
export interface Exchange {
  stdout: Buffer
  stderr: Buffer
  exitCode: number
}

interface Wish {
  /** Printed by the command itself, before its answer. */
  text?: string
  log?: readonly { type: string; message: string; at?: number }[]
  errors?: Readonly<Record<string, readonly string[]>>
  context?: JsonRecord
  self?: JsonRecord
  object?: unknown
  exitCode?: number
  /** In place of an answer. */
  ending?: 'none' | 'empty' | 'broken' | 'twice'
  /** What the shell or PHP says on standard error. */
  noise?: string
}

/** PHP escapes slashes and all that is not ASCII, and writes an empty map as a list. */
export const phpJson = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('/', '\\/')
    .replace(
      /[\u0080-\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )

const START = '\0DRUSH_BACKEND_OUTPUT_START>>>'
const END = '<<<DRUSH_BACKEND_OUTPUT_END'

export const aPacket = (packet: object): string => `\0DRUSH_BACKEND:${phpJson(packet)}\n\0`

export const aLogPacket = (type: string, message: string, at = 1_700_000_000.5): string =>
  aPacket({ type, message, timestamp: at, memory: 1, error: null, packet: 'log' })

export const aFrame = (frame: object): string => `${START}${phpJson(frame)}${END}`

export function anExchange(wish: Wish = {}): Exchange {
  const { log = [], errors = {}, text = '', noise = '', ending } = wish
  const hasFailed = Object.keys(errors).length > 0
  const packets = [
    ...log.map(({ type, message, at }) => aLogPacket(type, message, at)),
    ...Object.entries(errors).flatMap(([error, messages]) =>
      messages.map((message) => aPacket({ error, message, packet: 'set_error' })),
    ),
  ]
  const frame = {
    output: text,
    object: wish.object ?? [],
    error_status: hasFailed ? 1 : 0,
    log,
    error_log: hasFailed ? errors : [],
    ...(wish.self === undefined ? {} : { self: wish.self }),
    context: { backend: '2', 'env.cwd': '/var/aegir', ...wish.context },
  }
  const answer = {
    none: '',
    empty: `${START}${END}`,
    broken: `${START}{"output":"half`,
    // A command that printed what it had from another one.
    twice: `${aFrame({ ...frame, error_status: 1 })}${aFrame(frame)}`,
    whole: aFrame(frame),
  }[ending ?? 'whole']
  return {
    stdout: Buffer.from(`${text}${answer}`),
    stderr: Buffer.from(`${packets.join('')}${noise}`),
    exitCode: wish.exitCode ?? (hasFailed ? 1 : 0),
  }
}
