import { AppError } from '#shared/errors.ts'
import type { Feature } from './feature.ts'

/** In the order given, but each behind what it requires. A feature whose requirement is absent is refused by name. */
export function orderFeatures(features: readonly Feature[]): Feature[] {
  const byName = new Map(features.map((feature) => [feature.name, feature]))
  const ordered = new Set<Feature>()
  const visit = (feature: Feature, path: readonly string[]): void => {
    if (ordered.has(feature)) return
    if (path.includes(feature.name)) {
      throw new AppError(
        'hook.failed',
        `Features require each other: ${[...path, feature.name].join(', ')}.`,
      )
    }
    for (const name of feature.requires ?? []) {
      const required = byName.get(name)
      if (required === undefined) {
        throw new AppError(
          'hook.failed',
          `Feature ${feature.name} requires ${name}, which is not there.`,
        )
      }
      visit(required, [...path, feature.name])
    }
    ordered.add(feature)
  }
  for (const feature of features) visit(feature, [])
  return [...ordered]
}
