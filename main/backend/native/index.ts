import { readFileSync } from 'node:fs'
import type { JsonRecord } from '#shared/domain/json.ts'
import { renderRequest } from '#shared/protocol/provision.ts'
import type { Connection } from '../../ssh/connection.ts'
import type { RunStage } from '../../ssh/run.ts'
import type { BackendRequest, DialectDriver, OutputReader } from '../backend.ts'
import {
  ensureHalves,
  halfPath,
  PackedHalves,
  type PackedHalf,
  type ServerHalf,
} from './extensions.ts'
import { listKept } from './list.ts'
import { runPreview } from './preview.ts'
import { ensureProgram, getNode, programPath, toProgram } from './program.ts'
import { NativeReader } from './reader.ts'
import { readSiteLog } from './site-log.ts'

/** The bundled program, as a file or as bytes, and the release it belongs to. */
export type NativeDriverParts = { version: string } & (
  { programFile: string } | { program: Buffer }
) & {
    /** Server halves of the extensions in force, asked for before each run. */
    serverHalves?: () => readonly ServerHalf[]
  }

export interface NativeDriver extends DialectDriver {
  stages(connection: Connection, request: BackendRequest): RunStage[]
}

/** The dialect of our own program. A file is read once, at once. */
export function createNativeDriver(parts: NativeDriverParts): NativeDriver {
  const bytes = 'program' in parts ? parts.program : readFileSync(parts.programFile)
  const program = toProgram(bytes, parts.version)
  const packed = new PackedHalves()
  const halvesNow = (): PackedHalf[] => packed.of(parts.serverHalves?.() ?? [])
  const prepared = new WeakMap<Connection, Prepared>()
  const putMissing = async (connection: Connection, there: Prepared): Promise<void> => {
    if (!there.hasProgram) await ensureProgram(connection, program)
    there.hasProgram = true
    const missing = halvesNow().filter(({ folder }) => !there.halves.has(folder))
    await ensureHalves(connection, missing)
    for (const { folder } of missing) there.halves.add(folder)
  }
  const startOf = (connection: Connection): string[] => {
    // One that was switched on this very moment is not there yet, and waits for the next run.
    const there = prepared.get(connection)?.halves
    const halves = halvesNow().filter(({ folder }) => there?.has(folder) === true)
    return [
      getNode(connection.far),
      programPath(connection.far, program),
      ...halves.flatMap((half) => ['--extension', halfPath(connection.far, half)]),
    ]
  }
  return {
    prepare(connection): Promise<void> {
      const there = prepared.get(connection) ?? {
        hasProgram: false,
        halves: new Set(),
        last: Promise.resolve(),
      }
      prepared.set(connection, there)
      const put = (): Promise<void> => putMissing(connection, there)
      there.last = there.last.then(put, put)
      return there.last
    },
    stages(connection, request): RunStage[] {
      const start = startOf(connection)
      return plan(request).map(({ name, argv, stdin }) => ({
        name,
        argv: [...start, ...argv],
        stdin: renderRequest(stdin),
      }))
    },
    reader: (request): OutputReader => new NativeReader(plan(request).map(({ name }) => name)),
    list: (connection) =>
      listKept(connection, [getNode(connection.far), programPath(connection.far, program)]),
    preview(connection, { contexts, command }, signal) {
      const argv = [`provision-${command.name}`, `@${command.context}`, ...command.args]
      const saved = contexts.find(({ name }) => name === command.context)
      const request = {
        dryRun: true,
        contextOptions: saved?.options ?? {},
        options: command.options,
      }
      const stdin = renderRequest(request)
      return runPreview(connection, { argv: [...startOf(connection), ...argv], stdin }, signal)
    },
    siteLog(connection, { context, log, lines, before }, signal) {
      const place = before === null ? [] : [String(before)]
      const argv = ['provision-logs', `@${context}`, log, String(lines), ...place]
      return readSiteLog(connection, [...startOf(connection), ...argv], signal)
    },
    isOverload: (code) => code === 'PROVISION_OVERLOAD',
  }
}

/** What is known to lie on the far side of a connection. */
interface Prepared {
  hasProgram: boolean
  halves: Set<string>
  /** One look after the other: who comes second finds it done. */
  last: Promise<void>
}

interface PlannedStage {
  name: string
  argv: readonly string[]
  stdin: { contextOptions?: JsonRecord; options?: JsonRecord }
}

/** What is lasting first, then the command with what is said once, then what is forgotten. */
function plan({ contexts, command, forgets }: BackendRequest): PlannedStage[] {
  return [
    ...contexts.map(({ name, options }) => save(`save @${name}`, name, options)),
    {
      name: 'command',
      argv: [`provision-${command.name}`, `@${command.context}`, ...command.args],
      stdin: { options: command.options },
    },
    ...(forgets === null ? [] : [save('forget', forgets, { delete: true })]),
  ]
}

const save = (stage: string, context: string, contextOptions: JsonRecord): PlannedStage => ({
  name: stage,
  argv: ['provision-save', `@${context}`],
  stdin: { contextOptions },
})
