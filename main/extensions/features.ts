import { z } from 'zod'
import { AppError } from '#shared/errors.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { FeatureRow, FeatureState } from '#shared/contract/feature.ts'
import type { Feature } from '../hooks/feature.ts'
import type { HookProblem } from '../hooks/problem.ts'
import { HookRegistry } from '../hooks/registry.ts'
import { Sequence } from '../lib/sequence.ts'
import { arrangeFeatures, type Arranged, type LeftOut } from './arrange-features.ts'
import { findExtensions, type BackendFile, type FoundExtension } from './found-extension.ts'
import { loadExtension } from './load-extension.ts'

const FeatureSwitch = z.object({
  isOn: z.boolean(),
  /** Of an extension: told what it may do, they said yes. */
  isUnderstood: z.boolean(),
})
/** What the operator has said of a feature. */
export type FeatureSwitch = z.infer<typeof FeatureSwitch>

/** As stored; undefined where nothing is, or nothing that fits. */
export const toFeatureSwitch = (stored: unknown): FeatureSwitch | undefined =>
  FeatureSwitch.safeParse(stored).data

export interface FeaturesParts {
  shipped: readonly Feature[]
  /** Where extensions lie, each in a folder of its own. */
  folder: string
  switches: {
    read(name: string): FeatureSwitch | undefined
    /** What is read is what was written from the call on; durable when it resolves. */
    write(name: string, value: FeatureSwitch): Promise<void>
  }
  onProblem: (problem: HookProblem) => void
}

/** The half of an extension that runs on servers. */
export interface ServerHalf {
  name: string
  files: readonly BackendFile[]
}

type Loaded = { state: 'loaded'; feature: Feature } | { state: 'broken'; problem: string }

/**
 * All features: what ships, and extensions from the data folder. An extension is `found` by its folder alone; it is run
 * (`loaded`, or `broken`) once it is switched on, and looked at again by `lookAgain`. What is switched off is gone from
 * the registry at once; its module stays in memory, uncalled, until the application ends.
 */
export class Features {
  readonly registry: HookRegistry
  readonly #parts: FeaturesParts
  readonly #sequence = new Sequence()
  #found: readonly FoundExtension[] = []
  readonly #loaded = new Map<string, Loaded & { hash: string }>()
  #arranged: Arranged

  private constructor(parts: FeaturesParts) {
    this.#parts = parts
    this.#arranged = arrangeFeatures(parts.shipped, [])
    this.registry = new HookRegistry(parts.shipped, {
      isOn: (feature) => this.#isWanted(feature.name, feature.isOffByDefault !== true),
      onProblem: parts.onProblem,
    })
  }

  /** Finds the extensions and loads those that are switched on. None that fails keeps this from resolving. */
  static async open(parts: FeaturesParts): Promise<Features> {
    const features = new Features(parts)
    await features.lookAgain()
    return features
  }

  lookAgain(): Promise<void> {
    return this.#sequence.run('features', async () => {
      this.#found = (await findExtensions(this.#parts.folder)).map((one) => this.#asOther(one))
      for (const one of this.#found) if (this.#isWanted(one.name, false)) await this.#load(one)
      this.#arrange()
    })
  }

  /** Throws `feature.unknown`, `feature.required`, `extension.not-understood`, `extension.broken`. */
  switch(name: string, wish: { isOn: boolean; understood: boolean }): Promise<void> {
    return this.#sequence.run('features', () => this.#switch(name, wish))
  }

  /** The server halves of the extensions in force. */
  serverHalves(): ServerHalf[] {
    const inForce = new Set(this.registry.features.map(({ name }) => name))
    return this.#found
      .filter(({ name, backend }) => backend.length > 0 && inForce.has(name))
      .map(({ name, backend }) => ({ name, files: backend }))
  }

  list(problems: readonly (HookProblem & { at: number; times: number })[]): FeatureRow[] {
    const found = new Map(this.#found.map((one) => [one.name, one]))
    const known = new Map(this.#arranged.features.map((one) => [one.name, one]))
    for (const [name, loaded] of this.#loaded)
      if (loaded.state === 'loaded' && found.has(name)) known.set(name, loaded.feature)
    return [...new Set([...known.keys(), ...found.keys()])].map((name) => {
      const extension = found.get(name)
      const { title = name, description = '', ...feature }: Partial<Feature> = known.get(name) ?? {}
      return {
        name,
        title,
        description,
        group: feature.group ?? (extension === undefined ? 'Other' : 'Extensions'),
        state: this.#stateOf(name, extension),
        isRequired: feature.isRequired ?? false,
        neededBy: [...known.values()]
          .filter(({ requires = [] }) => requires.includes(name))
          .map((one) => one.title),
        extension: extension === undefined ? null : this.#toExtension(extension),
        problems: problems
          .filter((problem) => problem.feature === name)
          .map(({ hook, message, at, times }) => ({ hook, message: toLine(message), at, times })),
      }
    })
  }

  /** A folder that bears the name of what ships stands in nobody's place. */
  #asOther(extension: FoundExtension): FoundExtension {
    const { name } = extension
    if (!this.#parts.shipped.some((feature) => feature.name === name)) return extension
    const problem = `There is a feature ${name} already: give this one another name.`
    return { ...extension, name: `extensions/${name}`, problem }
  }

  async #switch(name: string, { isOn, understood }: { isOn: boolean; understood: boolean }) {
    const extension = this.#found.find((one) => one.name === name)
    const shipped = this.#parts.shipped.find((one) => one.name === name)
    if (extension === undefined && shipped === undefined)
      throw new AppError('feature.unknown', `There is no feature ${name}.`)
    if (shipped?.isRequired === true && !isOn)
      throw new AppError('feature.required', `${shipped.title} cannot be switched off.`)
    const isUnderstood =
      understood || (this.#parts.switches.read(name)?.isUnderstood ?? extension === undefined)
    if (isOn && extension !== undefined) {
      if (!isUnderstood)
        throw new AppError(
          'extension.not-understood',
          `${name} was written by someone else: say that you know what it may do.`,
          { data: { name } },
        )
      await this.#loadOrThrow(extension)
    }
    try {
      await this.#parts.switches.write(name, { isOn, isUnderstood })
    } finally {
      this.#arrange()
    }
  }

  async #loadOrThrow(extension: FoundExtension): Promise<void> {
    await this.#load(extension)
    const loaded = this.#loaded.get(extension.name)
    if (loaded?.state !== 'broken') return
    throw new AppError('extension.broken', `${extension.name} cannot be used: ${loaded.problem}`, {
      data: { name: extension.name },
    })
  }

  /** Once for each content of its files. */
  async #load(extension: FoundExtension): Promise<void> {
    const { name, hash } = extension
    const before = this.#loaded.get(name)
    if (before?.hash === hash && before.state === 'loaded') return
    try {
      const feature = await loadExtension(extension)
      this.#loaded.set(name, { state: 'loaded', feature, hash })
    } catch (error) {
      const problem = toLine(error instanceof Error ? error.message : String(error))
      this.#loaded.set(name, { state: 'broken', problem, hash })
    }
  }

  #arrange(): void {
    const extensions = this.#found.flatMap(({ name }) => {
      const loaded = this.#loaded.get(name)
      return loaded?.state === 'loaded' && this.#isWanted(name, false) ? [loaded.feature] : []
    })
    this.#arranged = arrangeFeatures(this.#parts.shipped, extensions)
    this.registry.refresh(this.#arranged.features)
  }

  #isWanted(name: string, unlessSaid: boolean): boolean {
    return this.#parts.switches.read(name)?.isOn ?? unlessSaid
  }

  #stateOf(name: string, extension: FoundExtension | undefined): FeatureState {
    if (this.registry.features.some((feature) => feature.name === name)) return { state: 'on' }
    if (extension?.problem != null) return { state: 'broken', problem: toLine(extension.problem) }
    const shipped = this.#parts.shipped.find((one) => one.name === name)
    if (!this.#isWanted(name, shipped !== undefined && shipped.isOffByDefault !== true))
      return { state: 'off' }
    const loaded = this.#loaded.get(name)
    if (loaded?.state === 'broken') return { state: 'broken', problem: loaded.problem }
    return toHeld(this.#arranged.leftOut.get(name)) ?? { state: 'held', missing: this.#offOf(name) }
  }

  /** What a feature requires and is not in force. */
  #offOf(name: string): string[] {
    const { all, features } = this.registry
    const feature = all.find((one) => one.name === name)
    return (feature?.requires ?? [])
      .filter((required) => !features.some((one) => one.name === required))
      .map((required) => all.find((one) => one.name === required)?.title ?? required)
  }

  #toExtension({ name, folder, backend }: FoundExtension): FeatureRow['extension'] {
    return {
      folder,
      serverFiles: backend.map((file) => file.name),
      isUnderstood: this.#parts.switches.read(name)?.isUnderstood ?? false,
    }
  }
}

function toHeld(leftOut: LeftOut | undefined): FeatureState | undefined {
  switch (leftOut?.kind) {
    case undefined:
      return undefined
    case 'clash':
      return { state: 'broken', problem: leftOut.message }
    case 'missing':
      return { state: 'held', missing: leftOut.names }
  }
}

const toLine = (text: string): string => shorten(cleanText(text.replace(/\s*\n\s*/g, '; ')), 500)
