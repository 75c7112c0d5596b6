import path from 'node:path'
import { findText, writeAtomically } from '../../system/files.ts'
import { findProgram, runProgram } from '../../system/process.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import type { KeyPair } from './certificate.ts'

/** As long as browsers accept one of anybody's. */
const SELF_SIGNED_DAYS = 397

/**
 * A certificate that the site signs itself: browsers warn of it. Made with openssl in `staging`, a folder that is there.
 * Throws PROVISION_CERTIFICATE_FAILED.
 */
export async function makeSelfSigned(
  names: readonly string[],
  staging: string,
  signal: AbortSignal,
): Promise<KeyPair> {
  const { key, keyFile, configFile } = await prepare(names, staging)
  const file = path.join(staging, 'certificate.pem')
  const days = String(SELF_SIGNED_DAYS)
  await openssl(
    [
      'req',
      '-x509',
      '-sha256',
      '-key',
      keyFile,
      '-config',
      configFile,
      '-days',
      days,
      '-out',
      file,
    ],
    signal,
  )
  return { chain: (await findText(file)) ?? '', key }
}

/** A new key, and the request to certify it for the names: the file that a certificate authority is handed. */
export async function makeRequest(
  names: readonly string[],
  staging: string,
  signal: AbortSignal,
): Promise<{ key: string; requestFile: string }> {
  const { key, keyFile, configFile } = await prepare(names, staging)
  const requestFile = path.join(staging, 'request.pem')
  await openssl(
    ['req', '-new', '-sha256', '-key', keyFile, '-config', configFile, '-out', requestFile],
    signal,
  )
  return { key, requestFile }
}

async function prepare(
  names: readonly string[],
  staging: string,
): Promise<{ key: string; keyFile: string; configFile: string }> {
  const key = await makeKey()
  const keyFile = path.join(staging, 'key.pem')
  const configFile = path.join(staging, 'request.cnf')
  await writeAtomically(keyFile, key)
  await writeAtomically(configFile, renderRequest(names))
  return { key, keyFile, configFile }
}

async function makeKey(): Promise<string> {
  const { generateKeyPairSync } = await import('node:crypto')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** A common name has 64 characters at most, which host names may exceed: the names stand in the extension alone. */
export function renderRequest(names: readonly string[]): string {
  const bad = names.find((name) => !/^(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name))
  if (bad !== undefined)
    throw new ProvisionError('PROVISION_BAD_OPTION', `${JSON.stringify(bad)} is not a host name.`)
  return `[req]
prompt = no
distinguished_name = subject
req_extensions = extensions
x509_extensions = extensions
[subject]
O = Self-signed
[extensions]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = @names
[names]
${names.map((name, index) => `DNS.${index + 1} = ${name}`).join('\n')}
`
}

async function openssl(args: readonly string[], signal: AbortSignal): Promise<void> {
  const program = await findProgram('openssl')
  if (program === undefined)
    throw certificateFailed('there is no openssl on this server: install the package “openssl”')
  const { exitCode, output } = await runProgram([program, ...args], { signal })
  if (exitCode !== 0) throw certificateFailed(`openssl says: ${output.trim().slice(0, 500)}`)
}

export const certificateFailed = (why: string): ProvisionError =>
  new ProvisionError('PROVISION_CERTIFICATE_FAILED', `No certificate could be made: ${why}.`)
