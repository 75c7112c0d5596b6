import fs from 'node:fs/promises'
import path from 'node:path'
import { AppError } from '#shared/errors.ts'
import { Secret } from '../lib/secret.ts'
import type { RpcParts } from './parts.ts'
import type { Desk } from './router.ts'

/** The data folder, and everything in it as one encrypted file. */
export function dataCalls(desk: Desk, { info, abilities, transfer }: RpcParts) {
  const { data } = desk
  const folder = info.dataFolder
  return {
    data: data.router({
      size: data.size.handler(async () => {
        const [storeBytes, logBytes, all] = await Promise.all([
          sizeOf(path.join(folder, 'store')),
          sizeOf(path.join(folder, 'logs')),
          sizeOf(folder),
        ])
        const otherBytes = all - storeBytes - logBytes
        return { folder, storeBytes, logBytes, otherBytes, canOpen: abilities !== null }
      }),
      openFolder: data.openFolder.handler(async () => {
        if (abilities === null)
          throw new AppError('input.invalid', `A browser cannot show the folder ${folder}.`)
        await abilities.openFolder(folder)
        return {}
      }),
      export: data.export.handler(async function* ({ input }) {
        for await (const { bytes, secretsLeft } of transfer.export(new Secret(input.passphrase)))
          yield { base64: bytes.toString('base64'), secretsLeft }
      }),
      upload: data.upload.handler(({ input: { id, base64 } }) => ({
        id: transfer.upload(id, Buffer.from(base64, 'base64')),
      })),
      import: data.import.handler(({ input: { id, passphrase, isReplacing } }) =>
        transfer.import(id, new Secret(passphrase), { isReplacing }),
      ),
    }),
  }
}

/** All files under a folder; what goes meanwhile counts nothing. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await fs.readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      fs.stat(path.join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
