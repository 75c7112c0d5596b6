import type { Finding } from '#shared/domain/finding.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import { referencesOf, type Context, withOptions } from '../context/context.ts'
import { examine } from '../doctor/doctor.ts'
import { inForceFile, renderInForce } from '../extensions/in-force.ts'
import { removal, removeStep, writeFileStep } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { findText, kindOf } from '../system/files.ts'
import { removeContextStep, writeContextStep } from '../steps/contexts.ts'
import { findMachineFile } from '../system/machine-file.ts'
import { machineFacts } from '../system/machine.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { makeReserve } from '../system/reserve.ts'
import { VERSION } from '../version.ts'
import { claimsOf } from './ground.ts'
import { rotateLogsOf } from './log-rotation.ts'
import type { CommandResult, Session } from './session.ts'
import { findOtherServices } from './other-services.ts'
import { findWebService, httpsPortOf } from './web.ts'

export async function verifyServer(session: Session, saved: Context): Promise<CommandResult> {
  const server = await withHttps(saved)
  const service = findWebService(session, server)
  const data: JsonRecord = {
    program: VERSION,
    ...(await machineFacts(session.folders.home)),
  }
  if (service === undefined) session.log('warning', 'This server has no web service yet.')
  try {
    await session.run([
      ...(service?.verifyServer(data) ?? []),
      ...findOtherServices(session, server).flatMap((one) => one.verifyServer?.(data) ?? []),
      ...(await noteExtensions(session)),
      ...(await reserveSteps(session)),
      writeContextStep(session.store, server),
    ])
  } catch (error) {
    // What is found often says why.
    await findingsOf(session, server).catch(() => undefined)
    throw error
  }
  data['findings'] = await findingsOf(session, server)
  Object.assign(data, await slotsOf(session, server))
  if (!session.parts.isPreview) await rotateLogsOf(session, server)
  return { data, contexts: [server], removedContexts: [] }
}

/** What the server does by itself it does with the extensions that the frontend has in force now. */
async function noteExtensions({ folders, parts }: Session): Promise<Step[]> {
  const file = inForceFile(folders)
  const text = renderInForce(parts.extensions.places)
  const noted = await findText(file)
  const isNoted = noted === text || (noted === undefined && parts.extensions.places.length === 0)
  return isNoted ? [] : [writeFileStep(file, text, 0o600)]
}

/** Keeps room with which a full disk can be made emptier. */
async function reserveSteps({ folders: { reserve } }: Session): Promise<Step[]> {
  if ((await kindOf(reserve)) === 'file') return []
  return [
    {
      kind: 'keep-reserve',
      title: 'Keep some room for when the disk is full',
      async run(work) {
        await work.willUndo(removal.of({ path: reserve }))
        await makeReserve(reserve)
      },
      preview: () =>
        Promise.resolve([{ kind: 'file' as const, action: 'create' as const, target: reserve }]),
    },
  ]
}

/** A machine that was prepared has a port for HTTPS, whether its context names it or not. */
async function withHttps(server: Context): Promise<Context> {
  if (server.options['http_service_type'] !== 'nginx' || httpsPortOf(server) !== undefined)
    return server
  const machine = await findMachineFile()
  return machine === undefined
    ? server
    : withOptions(server, { http_https_port: machine.httpsPort })
}

/** How many sites with code there can be, and can be more; nothing where there are no slots. */
async function slotsOf(session: Session, server: Context): Promise<JsonRecord> {
  const machine =
    server.options['http_service_type'] === 'embedded' ? undefined : await findMachineFile()
  return machine === undefined ? {} : { slots: await claimsOf(session, machine).count() }
}

/** What the doctor finds, in the log as well. Only an error takes from the verify's success: a busy minute does not. */
async function findingsOf(session: Session, server: Context): Promise<Finding[]> {
  const { signal } = session.parts
  // The server inside the application is no machine of its own.
  if (signal.aborted || server.options['http_service_type'] === 'embedded') return []
  const machine = await findMachineFile()
  const findings = await examine({ server, folders: session.folders, machine, signal })
  for (const { severity, message, remedy } of findings)
    if (severity === 'warning' || severity === 'error')
      session.log(
        severity === 'error' ? 'warning' : 'info',
        remedy === null ? message : `${message} ${remedy}`,
      )
  return findings
}

export async function deleteServer(session: Session, server: Context): Promise<CommandResult> {
  const platforms = await session.store.list('platform')
  const users = platforms.filter((one) =>
    referencesOf(one).some(({ name }) => name === server.name),
  )
  if (users.length > 0)
    throw new ProvisionError(
      'PROVISION_SERVER_HAS_PLATFORMS',
      `The server @${server.name} still carries ${users.map(({ name }) => `@${name}`).join(', ')}.`,
    )
  const others = (await session.store.list('server')).filter(({ name }) => name !== server.name)
  const type = server.options['http_service_type']
  const isShared = others.some(({ options }) => options['http_service_type'] === type)
  await session.run([
    ...(isShared ? [] : (findWebService(session, server)?.removeServer() ?? [])),
    ...findOtherServices(session, server).flatMap((one) => one.removeServer?.() ?? []),
    ...(others.length > 0
      ? []
      : [removeStep('Free the room that was kept', session.folders.reserve)]),
    removeContextStep(session.store, server.name),
  ])
  return { data: {}, contexts: [], removedContexts: [server.name] }
}
