import path from 'node:path'
import { kindOf } from '../system/files.ts'
import { askLocally, type Answer } from '../system/net.ts'
import { pause } from '../system/process.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { Step } from './step.ts'

/**
 * Asks the web server of this machine for a site until it answers as it should, for at most five seconds: with the front
 * page where its folder has one, else with anything that is no failure of the server.
 */
export function lookStep(url: string, port: number, folder: string): Step {
  const { hostname } = new URL(url)
  return {
    kind: 'look',
    title: `Look at ${url}`,
    async run({ signal }) {
      const hasFrontPage = (await kindOf(path.join(folder, 'index.html'))) === 'file'
      const tooHigh = hasFrontPage ? 400 : 500
      const giveUpAt = performance.now() + 5000
      let answer: Answer | undefined
      do {
        answer = await askLocally(port, hostname, { signal, timeoutMs: 5000 })
        if (answer !== undefined && answer.status < tooHigh) return
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
