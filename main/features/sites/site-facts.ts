import { z } from 'zod'
import { Site } from '#shared/domain/objects.ts'
import type { Task } from '#shared/domain/task.ts'
import type { TaskResult } from '../../hooks/feature.ts'

const Facts = z
  .object({
    databaseName: Site.shape.databaseName.unwrap(),
    slot: Site.shape.slot.unwrap(),
    certificateExpiresAt: Site.shape.certificateExpiresAt.unwrap(),
    certificateIssuer: Site.shape.certificateIssuer.unwrap(),
    sizeBytes: Site.shape.sizeBytes.unwrap(),
  })
  .partial()
type Facts = Pick<
  Site,
  'databaseName' | 'slot' | 'certificateExpiresAt' | 'certificateIssuer' | 'sizeBytes'
>

/** Tasks after which a backend says how large the site is; of others `sizeBytes` is that of an archive. */
const MEASURING: readonly string[] = ['install', 'import', 'verify']
/** What a clone reports is about the copy. */
const ABOUT_ANOTHER: readonly string[] = ['clone']

/** What a backend found out of a site during a task. A fact that it does not mention, or that does not read, stays. */
export function reportedFacts(task: Task, { data }: TaskResult): Partial<Facts> {
  if (ABOUT_ANOTHER.includes(task.type)) return {}
  const facts = Object.entries(Facts.shape).flatMap(([key, schema]) => {
    if (key === 'sizeBytes' && !MEASURING.includes(task.type)) return []
    const value = schema.safeParse(data[key])
    return value.success && value.data !== undefined ? [[key, value.data] as const] : []
  })
  return Object.fromEntries(facts)
}
