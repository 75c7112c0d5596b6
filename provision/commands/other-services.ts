import { type Context, findText } from '../context/context.ts'
import { toService } from '../extensions/extension-step.ts'
import type { ServerService } from '../extensions/server-half.ts'
import type { Step } from '../steps/step.ts'
import type { Session } from './session.ts'

const TYPE_KEY = /^([a-z][a-z0-9_]*)_service_type$/

/** What the server carries beside its web service. One whose extension is not there is named and left out. */
export function findOtherServices(session: Session, server: Context): ServerService<Step>[] {
  return Object.keys(server.options).flatMap((key) => {
    const service = TYPE_KEY.exec(key)?.[1]
    const type = findText(server, key)
    if (service === undefined || service === 'http' || type === undefined) return []
    const make = session.extensions.findService(service, type)
    if (make === undefined) {
      session.log(
        'warning',
        `Nothing here knows the ${service} service “${type}”: it is left alone.`,
      )
      return []
    }
    const port = server.options[`${service}_port`]
    return [
      toService(
        make({
          server: structuredClone(server),
          home: session.folders.home,
          port: typeof port === 'number' ? port : undefined,
          restartCommand: findText(server, `${service}_restart_cmd`),
          log: session.log,
        }),
      ),
    ]
  })
}
