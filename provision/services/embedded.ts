import path from 'node:path'
import type { JsonRecord } from '#shared/domain/json.ts'
import { removeStep, replaceText } from '../steps/files.ts'
import { planText } from '../steps/preview.ts'
import type { Step } from '../steps/step.ts'
import { askLocally } from '../system/net.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { WebService, WebServiceParts, WebSite } from './web-service.ts'

/** By this header the embedded web server is known. */
const HEADER = 'x-hosting-desk'

/** The web server inside the application, for the demo server. It reads one small file a site, at each request. */
export class EmbeddedService implements WebService {
  readonly #parts: WebServiceParts
  readonly #folder: string

  constructor(parts: WebServiceParts) {
    this.#parts = parts
    this.#folder = path.join(parts.folders.web, 'sites.d')
  }

  verifyServer(_facts: JsonRecord): Step[] {
    return [
      {
        kind: 'look-embedded',
        title: 'Look at the embedded web server',
        run: async ({ signal }) => {
          const { port } = this.#parts
          const answer = await askLocally(port, 'localhost', { signal })
          if (answer?.headers.get(HEADER) === 'embedded') return
          throw new ProvisionError(
            'PROVISION_EMBEDDED_ABSENT',
            `The embedded web server does not answer on port ${port}: start the application that carries it.`,
          )
        },
        preview: () => Promise.resolve([]),
      },
    ]
  }

  configureSite(site: WebSite): Step[] {
    const { uri, root, aliases, redirection } = site
    const more = {
      ...(redirection && { redirection }),
      ...(!site.isEnabled && { isEnabled: false }),
    }
    const text = `${JSON.stringify({ uri, root, aliases, ...more })}\n`
    return [
      {
        kind: 'tell-embedded',
        title: `Tell the embedded web server of ${uri}`,
        run: (work) => replaceText(work, this.#file(uri), text),
        preview: () => planText(this.#file(uri), text),
      },
    ]
  }

  removeSite(uri: string): Step[] {
    return [
      {
        kind: 'untell-embedded',
        title: `Take ${uri} from the embedded web server`,
        run: (work) => replaceText(work, this.#file(uri), undefined),
        preview: () => planText(this.#file(uri), undefined),
      },
    ]
  }

  removeServer(): Step[] {
    return [removeStep('Remove the list of sites', this.#folder)]
  }

  urlOf(uri: string): string {
    const isLocal = uri === 'localhost' || uri.endsWith('.localhost')
    return `http://${isLocal ? uri : `${uri}.localhost`}:${this.#parts.port}`
  }

  #file(uri: string): string {
    return path.join(this.#folder, `${uri}.json`)
  }
}
