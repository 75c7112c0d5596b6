import path from 'node:path'
import { ensureFolder, findText, writeAtomically } from '../../system/files.ts'
import { takeLock } from '../../system/lock.ts'
import { findProgram, runProgram } from '../../system/process.ts'
import type { KeyPair } from './certificate.ts'
import { certificateFailed, makeRequest } from './request.ts'

export const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory'

/** An authority takes so many names in one certificate, and no more. */
export const MAX_NAMES = 100

/** One request waits for another's end: an authority may take a minute over each. */
const PATIENCE_MS = 10 * 60_000

export interface AcmeParts {
  directory: string
  /** Whom the authority may write to; undefined: nobody. */
  email: string | undefined
  /** Where certbot keeps the account. */
  folder: string
  /** The folder whose `.well-known/acme-challenge` every virtual host of this server serves. */
  challenges: string
  locks: string
}

/**
 * Asks an authority by ACME, through certbot as this account, and proves each name over HTTP. The key and its request are
 * ours, so certbot keeps nothing but its account. `staging` is a folder that is there. Throws PROVISION_CERTIFICATE_FAILED.
 */
export async function obtainByAcme(
  names: readonly string[],
  { directory, email, folder, challenges, locks }: AcmeParts,
  staging: string,
  signal: AbortSignal,
): Promise<KeyPair> {
  const certbot = await findProgram('certbot')
  if (certbot === undefined)
    throw certificateFailed('there is no certbot on this server: install the package “certbot”')
  const { key, requestFile } = await makeRequest(names, staging, signal)
  const configFile = path.join(staging, 'certbot.ini')
  await writeAtomically(
    configFile,
    '# What an administrator set for other uses does not hold here.\n',
  )
  const inFolder = (name: string): string => path.join(folder, name)
  for (const one of [challenges, folder]) await ensureFolder(one)
  const chainFile = path.join(staging, 'chain.pem')
  const argv = [
    certbot,
    'certonly',
    ...['--config', configFile, '--non-interactive', '--agree-tos', '--no-eff-email'],
    ...(email === undefined ? ['--register-unsafely-without-email'] : ['--email', email]),
    ...['--server', directory, '--webroot', '--webroot-path', challenges, '--csr', requestFile],
    ...['--config-dir', inFolder('config'), '--work-dir', inFolder('work')],
    ...['--logs-dir', inFolder('log'), '--max-log-backups', '5'],
    ...['--fullchain-path', chainFile, '--cert-path', path.join(staging, 'leaf.pem')],
    ...['--chain-path', path.join(staging, 'rest.pem')],
  ] as const
  const release = await takeLock(locks, 'acme', { signal, patienceMs: PATIENCE_MS })
  try {
    const { exitCode, output } = await runProgram(argv, { signal })
    if (exitCode !== 0) throw certificateFailed(explain(output, directory))
  } finally {
    await release()
  }
  return { chain: (await findText(chainFile)) ?? '', key }
}

/** The lines with which certbot says why, without its advice. */
export function explain(output: string, directory: string): string {
  const lines = output.split('\n').map((line) => line.trim())
  const said = lines.filter((line) => /^(Domain|Detail): /.test(line))
  const last = lines.filter((line) => line !== '' && !/^(Ask for help|See the logfile)/.test(line))
  const text = (said.length > 0 ? said : last.slice(-2)).join(' ').replace(/\.$/, '')
  return `${new URL(directory).host} says: ${text.slice(0, 600)}`
}
