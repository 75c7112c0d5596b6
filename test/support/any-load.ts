import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { ANY_LOAD } from './provision.ts'

/**
 * A machine that runs tests is busy: an extension of the running application says that this is no reason to put tasks
 * off.
 */
export async function bearAnyLoad(data: string, calls: DeskClient): Promise<void> {
  const folder = path.join(data, 'extensions/any-load')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    path.join(folder, 'index.mjs'),
    `export default { name: 'any-load', title: 'Any load', contextOptions: (options, object) =>
      object.kind === 'server' ? { ...options, critical_load_multiplier: ${ANY_LOAD} } : options }`,
  )
  await calls.feature.lookAgain()
  await calls.feature.switch({ name: 'any-load', isOn: true, understood: true })
}
