import { readFileSync } from 'node:fs'
import type { JsonRecord } from '#shared/domain/json.ts'
import { renderRequest } from '#shared/protocol/provision.ts'
import type { Connection } from '../../ssh/connection.ts'
import type { RunStage } from '../../ssh/run.ts'
import type { BackendRequest, DialectDriver, OutputReader } from '../backend.ts'
import { ensureProgram, getNode, programPath, toProgram } from './program.ts'
import { NativeReader } from './reader.ts'

/** The bundled program, as a file or as bytes, and the release it belongs to. */
export type NativeDriverParts = { version: string } & (
  { programFile: string } | { program: Buffer }
)

/** The dialect of our own program. A file is read once, at once. */
export function createNativeDriver(parts: NativeDriverParts): DialectDriver {
  const bytes = 'program' in parts ? parts.program : readFileSync(parts.programFile)
  const program = toProgram(bytes, parts.version)
  return {
    prepare: (connection: Connection): Promise<void> => ensureProgram(connection, program),
    stages(connection, request): RunStage[] {
      const start = [getNode(connection.far), programPath(connection.far, program)]
      return plan(request).map(({ name, argv, stdin }) => ({
        name,
        argv: [...start, ...argv],
        stdin: renderRequest(stdin),
      }))
    },
    reader: (request): OutputReader => new NativeReader(plan(request).map(({ name }) => name)),
    isOverload: (code) => code === 'PROVISION_OVERLOAD',
  }
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
