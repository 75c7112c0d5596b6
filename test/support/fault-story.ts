import { readdirSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import { failEverywhere, type FaultCase, type FaultMachine, type FaultRow } from './faults.ts'
import { filesOf } from './snapshots.ts'

/** Most of a fault is waiting (nginx takes 100 ms to reload), so this many machines keep two cores busy. */
export const PLACES = 3

/** One of the machines on which a story is told at once. They are alike: what works or fails on one does on the others. */
export interface FaultPlace {
  home: string
  machine: FaultMachine
}

/** One command in the life of a server and its sites; it fails everywhere before it is done. */
export interface Chapter<Place> extends Omit<FaultCase, 'command'> {
  name: string
  context: string
  args?: (place: Place) => readonly string[]
  /** What is done before, so that the command has something to do. */
  first?: (place: Place) => unknown
  /** Only done, since it failed everywhere on another object. */
  isPlain?: boolean
}

/** Whatever a command may leave only while it runs. */
const LEFT = /\/\.[^/ ]*\.(new|restore|removed|dump|request|staged)-|\/\.tmp-|journals\/[^ ]/

/** A life of a server and its sites, told on machines that are alike. */
export class FaultStory<Place extends FaultPlace> {
  readonly places: readonly [Place, ...Place[]]
  readonly rows: FaultRow[] = []

  constructor(places: readonly [Place, ...Place[]]) {
    this.places = places
  }

  async tell({ name, context, args, first, isPlain, ...rest }: Chapter<Place>): Promise<void> {
    await Promise.all(this.places.map((place) => first?.(place)))
    const [type = ''] = context.split('_')
    const command = `${['server', 'platform'].includes(type) ? type : 'site'} ${name}`
    const toTrial = (place: Place) => ({
      machine: place.machine,
      argv: [`provision-${name}`, `@${context}`, ...(args?.(place) ?? [])],
    })
    const [one, ...others] = this.places
    const trials = [toTrial(one), ...others.map(toTrial)] as const
    if (isPlain === true) {
      for (const { machine, argv } of trials)
        expect(await machine.run(argv, {}, {})).toMatchObject({ result: { isOk: true } })
      return
    }
    this.rows.push(...(await failEverywhere(trials, { ...rest, command })))
    // What was killed after its commit was finished.
    for (const { home } of this.places)
      expect(filesOf(home).filter((line) => LEFT.test(`/${line}`))).toEqual([])
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

/** The backups that lie in a home folder, the oldest first. */
export function backupsIn(home: string): string[] {
  const folder = path.join(home, 'backups')
  return readdirSync(folder)
    .sort()
    .map((name) => path.join(folder, name))
}
