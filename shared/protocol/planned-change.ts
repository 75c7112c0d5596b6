import { z } from 'zod'

/** One thing that a command would change; what its dry run lists. (The program takes the type alone.) */
export const PlannedChange = z.object({
  kind: z.enum([
    'file',
    'folder',
    'database',
    'reload',
    'context',
    'slot',
    'certificate',
    'script',
    'other',
  ]),
  action: z.enum(['create', 'change', 'remove', 'move', 'run']),
  /** What is changed: a path, the name of a database, `@context`; which script is run. */
  target: z.string(),
  /** More about it, one line. */
  detail: z.string().optional(),
  /** Of a text: a unified diff, without secrets and cut where it is long. */
  diff: z.string().optional(),
})
export type PlannedChange = z.infer<typeof PlannedChange>
