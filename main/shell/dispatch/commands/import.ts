import type { ImportResult } from '#shared/contract/import.ts'
import { BackendAddress } from '#shared/domain/objects.ts'
import { AppError } from '#shared/errors.ts'
import type { CommandCall } from '../command-line.ts'
import { openDesk } from '../desk.ts'
import { print } from '../print.ts'
import { allRows } from './objects.ts'

/** `import BACKEND`, or `import USER@HOST[:PORT] [--key FILE]` (else by the agent) for an account that is new here. */
export async function importCommand(call: CommandCall): Promise<number> {
  const [, named = ''] = call.words
  await using desk = await openDesk(call.folder)
  const known = (await allRows(desk, 'backend')).find((one) => [one.id, one.title].includes(named))
  const result = await desk.calls.inventory.import(
    known === undefined ? { address: parseAccount(named, call.keyFile) } : { backendId: known.id },
  )
  print(call, result, () => toText(result))
  return result.problems.length === 0 ? 0 : 1
}

/** Throws `input.invalid` where it is no account. */
export function parseAccount(text: string, keyFile: string | undefined): BackendAddress {
  const [, user, bracketed, plain, port] =
    /^([^@]+)@(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const address = BackendAddress.safeParse({
    user,
    host: bracketed ?? plain,
    port: Number(port ?? 22),
    login: keyFile === undefined ? { method: 'agent' } : { method: 'key', keyFile },
  })
  if (address.success) return address.data
  throw new AppError(
    'input.invalid',
    `“${text}” is neither a backend nor an account: write for example hosting@web1.example.com:22.`,
  )
}

function toText({ added, known, backups, foreignBackups, problems }: ImportResult): string {
  const lines = [
    `${added.length} added, ${known} known, ${backups} backup${backups === 1 ? '' : 's'} added.`,
    ...added.map(({ kind, name }) => `  ${kind} @${name}`),
    ...(foreignBackups > 0 ? [`${foreignBackups} of sites that are gone were left alone.`] : []),
    ...problems.map(({ name, message }) => `Not taken: @${name}: ${message}`),
  ]
  return lines.map((line) => `${line}\n`).join('')
}
