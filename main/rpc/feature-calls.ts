import { AppError } from '#shared/errors.ts'
import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'

/** Features and extensions: what there is, and switching it on and off. */
export function featureCalls(desk: Desk, { features, hookProblems, onFeatureSet }: RpcParts) {
  const { feature } = desk
  const list = () => features.list(hookProblems())
  return {
    feature: feature.router({
      list: feature.list.handler(list),
      switch: feature.switch.handler(async ({ input: { name, isOn, understood = false } }) => {
        await features.switch(name, { isOn, understood })
        onFeatureSet()
        const row = list().find((one) => one.name === name)
        if (row !== undefined) return row
        throw new AppError('feature.unknown', `There is no feature ${name}.`)
      }),
      lookAgain: feature.lookAgain.handler(async () => {
        await features.lookAgain()
        onFeatureSet()
        return list()
      }),
    }),
  }
}
