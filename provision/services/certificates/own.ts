import path from 'node:path'
import { findSmallText } from '../../system/files.ts'
import { badCertificate, type KeyPair } from './certificate.ts'

/** No chain of certificates is longer. */
const MAX_BYTES = 256 * 1024

/** A certificate that somebody laid on this server, and its key. Throws PROVISION_BAD_CERTIFICATE. */
export async function readOwnFiles({
  certificateFile,
  keyFile,
}: {
  certificateFile: string | undefined
  keyFile: string | undefined
}): Promise<KeyPair> {
  if (certificateFile === undefined || keyFile === undefined)
    throw badCertificate('the files of the certificate and of its key are not named')
  return { chain: await read(certificateFile), key: await read(keyFile) }
}

async function read(file: string): Promise<string> {
  if (!path.isAbsolute(file)) throw badCertificate(`${file} is no path from /`)
  const text = await findSmallText(file, MAX_BYTES)
  if (text === undefined) throw badCertificate(`${file} is not there, or is no plain small file`)
  return text
}
