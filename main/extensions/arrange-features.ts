import type { Feature } from '../hooks/feature.ts'
import { orderFeatures } from '../hooks/order.ts'

/** Why an extension was left out. */
export type LeftOut = { kind: 'missing'; names: string[] } | { kind: 'clash'; message: string }

export interface Arranged {
  features: Feature[]
  /** By the extension's name. */
  leftOut: ReadonlyMap<string, LeftOut>
}

/**
 * What ships, and behind it every extension that fits: what it requires is there, and it declares nothing that another
 * one has declared. The others are left out and named, so that none of them keeps anything else from working.
 */
export function arrangeFeatures(
  shipped: readonly Feature[],
  extensions: readonly Feature[],
): Arranged {
  const features = [...shipped]
  const leftOut = new Map<string, LeftOut>()
  let waiting = [...extensions]
  for (let before = -1; before !== waiting.length;) {
    before = waiting.length
    waiting = waiting.filter((one) => {
      if (missingOf(one, features).length > 0) return true
      const message = clashOf(one, features)
      if (message === undefined) features.push(one)
      else leftOut.set(one.name, { kind: 'clash', message })
      return false
    })
  }
  for (const one of waiting)
    leftOut.set(one.name, { kind: 'missing', names: missingOf(one, features) })
  return { features: orderFeatures(features), leftOut }
}

const missingOf = ({ requires = [] }: Feature, features: readonly Feature[]): string[] =>
  requires.filter((name) => !features.some((feature) => feature.name === name))

function clashOf(extension: Feature, features: readonly Feature[]): string | undefined {
  if (features.some(({ name }) => name === extension.name))
    return `There is a feature ${extension.name} already.`
  const mine = declarationsOf(extension)
  const twice = mine.find((one, index) => mine.indexOf(one) !== index)
  if (twice !== undefined) return `It declares the ${twice} twice.`
  for (const feature of features) {
    const same = declarationsOf(feature).find((one) => mine.includes(one))
    if (same !== undefined)
      return `It declares the ${same}, which ${feature.title} declares already.`
  }
  return undefined
}

const declarationsOf = ({ taskTypes = [], services = [], queues = [] }: Feature): string[] => [
  ...taskTypes.map(({ objectKind, type }) => `task ${type} of a ${objectKind}`),
  ...services.map(({ service, type }) => `${service} service ${type}`),
  ...queues.map(({ name }) => `queue ${name}`),
]
