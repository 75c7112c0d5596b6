import type { Context } from '../context/context.ts'
import type { ContextStore } from '../context/store.ts'
import type { Step } from './step.ts'

/** Writes a context anew; taken back, the old one is there again. */
export function writeContextStep(store: ContextStore, context: Context): Step {
  return {
    title: `Save @${context.name}`,
    async run() {
      const old = await store.find(context.name)
      await store.write(context)
      return () => (old === undefined ? store.remove(context.name) : store.write(old))
    },
  }
}

export function removeContextStep(store: ContextStore, name: string): Step {
  return {
    title: `Forget @${name}`,
    async run() {
      const old = await store.find(name)
      await store.remove(name)
      return old === undefined ? undefined : () => store.write(old)
    },
  }
}
