import { isEnded } from '#shared/domain/task.ts'
import type { Secrets } from '../settings/secrets.ts'
import type { Store } from '../store/store.ts'
import { taskOfLoginLink, type LoginLinks } from './login-links.ts'
import { forgetSecrets, taskOfSecret } from './task-secrets.ts'

/** At the start: forgets secrets of tasks that ended while nobody looked, and links of which the time has come. */
export async function sweepSecrets(
  store: Store,
  secrets: Secrets,
  links: LoginLinks,
): Promise<void> {
  for (const { name } of store.select('secret', 'ORDER BY name')) {
    const taskId = taskOfSecret(name)
    const status = taskId === undefined ? 'queued' : store.find('task', taskId)?.status
    if (status === undefined || isEnded(status)) await secrets.remove(name)
    const linkOf = taskOfLoginLink(name)
    if (linkOf !== undefined) await links.sweep(linkOf)
  }
}

/** From then on: forgets the secrets of each task as it ends. Returns what ends that. */
export const forgetSecretsOfEnded = (
  store: Store,
  secrets: Secrets,
  onBug: (error: unknown) => void,
): (() => void) =>
  store.changed.add((touched) => {
    for (const { table, ids } of touched) {
      if (table !== 'task') continue
      for (const id of ids) {
        const task = store.find('task', id)
        if (task !== undefined) forgetSecrets(task, secrets).catch(onBug)
      }
    }
  })
