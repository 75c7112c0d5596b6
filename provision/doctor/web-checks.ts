import { httpsPortOf, portOf } from '../commands/web.ts'
import { type NginxFolders, nginxFoldersOf } from '../services/nginx/config.ts'
import { findMaster, getNginx, versionOf } from '../services/nginx/master.ts'
import { findTrouble } from '../services/nginx/staging.ts'
import { effectiveUid } from '../system/account.ts'
import { isListening, tryPort } from '../system/net.ts'
import { ownerOf, processesTitled } from '../system/process-table.ts'
import { type Check, error, type Found, info, ok, type Patient, warning } from './check.ts'

export const WEB_CHECKS: readonly Check[] = [
  { name: 'nginx', look: onNginx(checkMaster) },
  { name: 'nginx-configuration', look: onNginx(checkConfiguration) },
  { name: 'nginx-other', look: onNginx(checkOthers) },
  { name: 'ports', look: onNginx(checkPorts) },
]

/** Nothing is found where the server has another web service. */
function onNginx(
  look: (patient: Patient, nginx: NginxFolders) => Promise<Found | readonly Found[]>,
) {
  return async (patient: Patient): Promise<Found | readonly Found[]> => {
    if (patient.server.options['http_service_type'] !== 'nginx') return []
    return look(patient, nginxFoldersOf(patient.folders.nginx))
  }
}

async function checkMaster({ machine, server }: Patient, nginx: NginxFolders): Promise<Found> {
  const version = (await versionOf(await getNginx())) ?? 'of an unknown version'
  const master = await findMaster(nginx)
  const restart = server.options['http_restart_cmd']
  if (master === undefined && typeof restart === 'string')
    return warning(
      'No nginx runs that this account has started.',
      `The server has a restart command (${restart}): see that what it starts reads ${nginx.main}.`,
    )
  if (master === undefined)
    return error(
      'nginx does not run.',
      machine === undefined
        ? 'Verify the server: that starts it.'
        : `As root: systemctl start ${machine.account}-nginx; its log is ${nginx.errorLog}.`,
    )
  if ((await ownerOf(master)) !== effectiveUid())
    return error(
      'The nginx that serves the sites does not run as this account.',
      `As root, stop the process ${master}, then start nginx as this account.`,
    )
  return ok(`nginx ${version} runs, as this account.`)
}

async function checkConfiguration({ signal }: Patient, nginx: NginxFolders): Promise<Found> {
  const trouble = await findTrouble(nginx, signal)
  if (trouble === undefined) return ok('nginx takes its configuration.')
  return error(
    `nginx refuses its configuration: ${trouble.complaint}`,
    trouble.whose === '' ? `Look at ${nginx.main}.` : trouble.whose,
  )
}

async function checkOthers(_: Patient, nginx: NginxFolders): Promise<Found> {
  const master = await findMaster(nginx)
  const others = (await processesTitled('nginx: master process')).filter(
    ({ pid, uid }) => pid !== master && uid !== effectiveUid(),
  )
  if (others.length === 0) return ok('No other nginx runs.')
  const pids = others.map(({ pid, uid }) => `${pid}${uid === 0 ? ', as root' : ''}`).join('; ')
  return info(
    `Another nginx runs beside ours (${pids}).`,
    'It does not disturb on other ports. Where nobody needs it, as root: systemctl disable --now nginx.',
  )
}

async function checkPorts({ server, machine }: Patient, nginx: NginxFolders): Promise<Found[]> {
  const isRunning = (await findMaster(nginx)) !== undefined
  const https = httpsPortOf(server)
  const ports = [
    { port: portOf(server), named: `port ${portOf(server)}`, chosen: machine?.httpPort },
    { port: https, named: `port ${https} for HTTPS`, chosen: machine?.httpsPort },
  ]
  const found: Found[] = []
  for (const { port, named, chosen } of ports)
    if (port !== undefined) found.push(await checkPort(port, { named, chosen, isRunning }))
  return found
}

/** `chosen`: by the bootstrap script. */
async function checkPort(
  port: number,
  { named, chosen, isRunning }: { named: string; chosen: number | undefined; isRunning: boolean },
): Promise<Found> {
  const state = isRunning ? undefined : await tryPort(port)
  if (state === 'not-allowed')
    return error(
      `This account may not listen on ${named}.`,
      'Run the bootstrap script, or give the server a port from 1024 on.',
    )
  if (state === 'taken')
    return error(
      `P${named.slice(1)} is taken by another program.`,
      'Stop that one, or give the server another port.',
    )
  if (isRunning && !(await isListening(port)))
    return warning(`Nobody listens on ${named}.`, 'Verify the server: that loads the ports.')
  if (chosen !== undefined && chosen !== port)
    return info(
      `The sites are on ${named}; the bootstrap script has chosen ${chosen}.`,
      'Give the server that port, unless the other one is meant.',
    )
  return ok(`The sites are served on ${named}.`)
}
