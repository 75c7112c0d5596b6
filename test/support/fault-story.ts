import { readdirSync } from 'node:fs'
import { expect } from 'vitest'
import { CodeHarness } from './code-harness.ts'
import { aDataFolder, removeFolder } from './desk.ts'
import {
  failEverywhere,
  type FaultCase,
  type FaultMachine,
  type FaultRow,
  FAULTS,
} from './faults.ts'
import type { MachineOptions } from './hosting-machine.ts'
import { programWith } from './program-with.ts'
import { orKilled } from './provision.ts'
import { answersOf, filesOf } from './snapshots.ts'

/** One command in the life of sites with code; it fails everywhere before it is done. */
export interface Chapter extends Omit<FaultCase, 'argv' | 'command'> {
  name: string
  context: string
  args?: () => readonly string[]
  /** What is done before, so that the command has something to do. */
  first?: () => unknown
}

/** A prepared machine with the program that can fail, on which a story of sites with code is told. The caller closes it. */
export class FaultStory {
  readonly desk: CodeHarness
  readonly rows: FaultRow[] = []
  readonly #folder: string
  readonly #machine: FaultMachine

  private constructor(
    desk: CodeHarness,
    folder: string,
    { hosts, databases }: { hosts: readonly string[]; databases: (desk: CodeHarness) => unknown },
  ) {
    this.desk = desk
    this.#folder = folder
    const { home, slots, httpPort } = desk.machine
    this.#machine = {
      pointsFile: desk.inHome('points'),
      isQuick: true,
      run: (argv, request, env) => orKilled(desk.machine.start(argv, request, env)),
      snapshots: {
        files: () => filesOf(home),
        databases: () => databases(desk),
        answers: () => answersOf(httpPort, hosts),
        // A worker of PHP that is just ending shows its name in brackets.
        processes: () =>
          slots.flatMap((slot) => desk.processesOf(slot)).filter((name) => !name.startsWith('[')),
      },
    }
  }

  static async open(
    options: MachineOptions,
    compared: { hosts: readonly string[]; databases?: (desk: CodeHarness) => unknown },
  ): Promise<FaultStory> {
    const folder = aDataFolder()
    const programFile = await programWith({ faults: FAULTS }, folder)
    const desk = await CodeHarness.open({ ...options, programFile })
    return new FaultStory(desk, folder, {
      databases: (harness) => harness.databaseState(),
      ...compared,
    })
  }

  async close(): Promise<void> {
    await this.desk.close()
    removeFolder(this.#folder)
  }

  async tell({ name, context, args, first, ...rest }: Chapter): Promise<void> {
    await first?.()
    const argv = [`provision-${name}`, `@${context}`, ...(args?.() ?? [])]
    const type = context.startsWith('platform_') ? 'platform' : 'site'
    const wanted = { ...rest, command: `${type} ${name}`, argv }
    this.rows.push(...(await failEverywhere(this.#machine, wanted)))
    // What was killed after its commit was finished. (Where nothing was noted, nobody looks for locks that were left.)
    const left = this.desk.leftovers().filter((line) => !line.startsWith('.hosting-desk/locks/'))
    expect(left).toEqual([])
  }

  /** The backups that lie there, the oldest first. */
  backups(): string[] {
    return readdirSync(this.desk.inHome('backups'))
      .sort()
      .map((name) => this.desk.inHome(`backups/${name}`))
  }

  slotOf(uri: string): string {
    const { slots } = this.desk.machine
    return slots.find((slot) => readdirSync(this.desk.inHome(`slots/${slot}`)).includes(uri)) ?? ''
  }

  get kinds(): Set<string> {
    return new Set(this.rows.map(({ kind }) => kind))
  }

  get commands(): Set<string> {
    return new Set(this.rows.map(({ command }) => command))
  }

  inShort(): string {
    return `${this.rows.length} faults in ${this.commands.size} commands and ${this.kinds.size} kinds of step`
  }
}
