import { z } from 'zod'
import { Id } from '../domain/json.ts'
import { desk } from './base.ts'

/** Whose crontab: a backend's account, or with null that of the account which runs this application. */
const Whose = z.object({ backendId: Id.nullable() })

/** A crontab as it is and as it would be. */
export const CrontabView = z.object({
  before: z.string(),
  after: z.string(),
  difference: z.array(z.object({ change: z.enum(['same', 'added', 'removed']), line: z.string() })),
})
export type CrontabView = z.infer<typeof CrontabView>

/** `expected` is the `before` that was shown; where the crontab is another by now, nothing is changed. */
const Expecting = Whose.extend({ expected: z.string().max(1024 * 1024) })

/**
 * The lines that start dispatching every minute. On a backend they make the server the one that plans its recurring
 * work; without them it is the desk again.
 */
export const crontab = {
  print: desk.input(Whose).output(z.object({ text: z.string() })),
  show: desk.input(Whose.extend({ wish: z.enum(['install', 'remove']) })).output(CrontabView),
  install: desk.input(Expecting).output(CrontabView),
  remove: desk.input(Expecting).output(CrontabView),
}
