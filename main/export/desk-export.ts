import { z } from 'zod'
import { AppError } from '#shared/errors.ts'
import { Secret } from '../lib/secret.ts'
import type { SecretBox } from '../settings/secret-box.ts'
import type { Store } from '../store/store.ts'

/** What an export holds beside the store: of secrets, those that could be unsealed here, in clear. */
const Facts = z.object({
  version: z.literal(1),
  createdAt: z.number().int(),
  application: z.string(),
  secrets: z.array(z.object({ name: z.string().min(1), text: z.string() })),
})
export type ExportFacts = z.infer<typeof Facts>

const LENGTH_BYTES = 4

/** Everything that the desk knows, as the content of an export; `left` counts secrets that cannot be read here. */
export async function packDesk(
  store: Store,
  secretBox: SecretBox | null,
  { now, application }: { now: number; application: string },
): Promise<{ content: Buffer; left: number }> {
  const sealed = store.select('secret', 'ORDER BY name')
  const secrets = sealed.flatMap(({ name, sealed: text }) => {
    const secret = unseal(secretBox, text)
    return secret === undefined ? [] : [{ name, text: secret }]
  })
  const facts: ExportFacts = { version: 1, createdAt: now, application, secrets }
  const head = Buffer.from(JSON.stringify(facts))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(head.length)
  const bytes = await store.exportBytes()
  return { content: Buffer.concat([length, head, bytes]), left: sealed.length - secrets.length }
}

export function unpackDesk(content: Buffer): {
  facts: Omit<ExportFacts, 'secrets'> & { secrets: { name: string; secret: Secret }[] }
  bytes: Buffer
} {
  try {
    const end = LENGTH_BYTES + content.readUInt32LE(0)
    const { secrets, ...facts } = Facts.parse(
      JSON.parse(content.toString('utf8', LENGTH_BYTES, end)),
    )
    const hidden = secrets.map(({ name, text }) => ({ name, secret: new Secret(text) }))
    return { facts: { ...facts, secrets: hidden }, bytes: content.subarray(end) }
  } catch (cause) {
    throw new AppError('export.unreadable', 'This export is damaged.', { cause })
  }
}

function unseal(secretBox: SecretBox | null, sealed: string): string | undefined {
  try {
    return secretBox?.unseal(sealed)
  } catch {
    return undefined
  }
}
