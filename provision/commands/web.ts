import { type Context, findText } from '../context/context.ts'
import { toWebService } from '../extensions/extension-step.ts'
import { EmbeddedService } from '../services/embedded.ts'
import { NginxService } from '../services/nginx/service.ts'
import type { WebService, WebServiceParts } from '../services/web-service.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { Session } from './session.ts'

const SHIPPED: Readonly<Record<string, new (parts: WebServiceParts) => WebService>> = {
  nginx: NginxService,
  embedded: EmbeddedService,
}

export const WEB_SERVICE_NAMES: readonly string[] = Object.keys(SHIPPED)

export const portOf = ({ options }: Context): number => Number(options['http_port'] ?? 80)

export function httpsPortOf({ options }: Context): number | undefined {
  const port = options['http_https_port']
  return typeof port === 'number' ? port : undefined
}

/** The web service that a server's context names, or undefined where it has none. */
export function findWebService(session: Session, server: Context): WebService | undefined {
  const type = findText(server, 'http_service_type')
  if (type === undefined) return undefined
  const parts: WebServiceParts = {
    folders: session.folders,
    port: portOf(server),
    httpsPort: httpsPortOf(server),
    restartCommand: findText(server, 'http_restart_cmd'),
    log: session.log,
  }
  const Service = Object.hasOwn(SHIPPED, type) ? SHIPPED[type] : undefined
  if (Service !== undefined) return new Service(parts)
  const make = session.extensions.findWebService(type)
  if (make !== undefined) return toWebService(make(parts))
  throw new ProvisionError(
    'PROVISION_UNKNOWN_SERVICE',
    `@${server.name} wants the web service “${type}”, and there are only ${WEB_SERVICE_NAMES.join(' and ')}.`,
  )
}

export function getWebService(session: Session, server: Context): WebService {
  const service = findWebService(session, server)
  if (service !== undefined) return service
  throw new ProvisionError(
    'PROVISION_NO_WEB_SERVICE',
    `The server @${server.name} has no web service: choose one and verify it.`,
  )
}
