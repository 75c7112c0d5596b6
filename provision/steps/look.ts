import path from 'node:path'
import { kindOf } from '../system/files.ts'
import { type Answer, ask } from '../system/net.ts'
import { pause } from '../system/process.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { Step } from './step.ts'

/**
 * Asks the web server of this machine for a site until it answers as it should, for at most five seconds: with the front
 * page where its folder has one, else with anything that is no failure of the server. A site that answers 503 may be in
 * maintenance: `isClosed` is asked then, once.
 */
export function lookStep(
  urlOf: () => string,
  port: number,
  folder: string,
  isClosed: (signal: AbortSignal) => Promise<boolean>,
): Step {
  return {
    kind: 'look',
    title: `Look at ${urlOf()}`,
    async run({ signal }) {
      const url = urlOf()
      const { hostname, protocol, port: own } = new URL(url)
      const isSecure = protocol === 'https:'
      const question = { host: hostname, isSecure, port: isSecure ? Number(own || 443) : port }
      const hasFrontPage = (await kindOf(path.join(folder, 'index.html'))) === 'file'
      const tooHigh = hasFrontPage ? 400 : 500
      const giveUpAt = performance.now() + 5000
      let answer: Answer | undefined
      let mayAsk = true
      do {
        answer = await ask({ ...question, signal, timeoutMs: 5000 })
        if (answer !== undefined && answer.status < tooHigh) return
        if (answer?.status === 503 && mayAsk && (await isClosed(signal))) return
        mayAsk &&= answer?.status !== 503
        await pause(50)
        signal.throwIfAborted()
      } while (performance.now() < giveUpAt)
      throw new ProvisionError(
        'PROVISION_SITE_NOT_ANSWERING',
        `${url} ${answer === undefined ? 'does not answer' : `answers with ${answer.status}`}.`,
      )
    },
    preview: () => Promise.resolve([]),
  }
}
