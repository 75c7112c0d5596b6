import { isRecord } from '#shared/protocol/wire.ts'
import { accountName } from './account.ts'
import { findText } from './files.ts'
import { ProvisionError } from './provision-error.ts'

/** What the bootstrap script made of a machine, as it wrote it down for this account. */
export interface MachineFile {
  account: string
  /** The names of the slots; each is that of an account, a group, a pool of PHP and a database account. */
  slots: readonly string[]
  slotsFolder: string
  stateFolder: string
  socketFolder: string
  doorFolder: string
  phpVersion: string
  mariadbSocket: string
  httpPort: number
  httpsPort: number
  hasUserNamespaces: boolean
  scriptVersion: number
}

const FORMAT = 1
export const machineFileOf = (account: string): string => `/etc/${account}/machine.json`

/** Undefined on a machine that the script has not prepared for this account: only static sites are possible there. */
export async function findMachineFile(): Promise<MachineFile | undefined> {
  const file = machineFileOf(accountName())
  const text = await findText(file)
  return text === undefined ? undefined : parseMachineFile(text, file)
}

/** Throws PROVISION_BOOTSTRAP_DAMAGED, and PROVISION_BOOTSTRAP_NEWER for the file of a newer script. */
export function parseMachineFile(text: string, file: string): MachineFile {
  const value = parseRecord(text)
  const { format, slots, hasUserNamespaces } = value
  if (typeof format === 'number' && format > FORMAT)
    throw new ProvisionError(
      'PROVISION_BOOTSTRAP_NEWER',
      `${file} was written by the script of a newer release: use that one.`,
    )
  const textOf = (key: string, pattern: RegExp): string => {
    const one = value[key]
    if (typeof one === 'string' && pattern.test(one)) return one
    throw damaged(file)
  }
  const numberOf = (key: string): number => {
    const one = value[key]
    if (typeof one === 'number' && Number.isSafeInteger(one)) return one
    throw damaged(file)
  }
  if (format !== FORMAT || !isListOfNames(slots) || typeof hasUserNamespaces !== 'boolean')
    throw damaged(file)
  return {
    account: textOf('account', NAME),
    slots,
    slotsFolder: textOf('slotsFolder', PATH),
    stateFolder: textOf('stateFolder', PATH),
    socketFolder: textOf('socketFolder', PATH),
    doorFolder: textOf('doorFolder', PATH),
    phpVersion: textOf('phpVersion', /^\d+\.\d+$/),
    mariadbSocket: textOf('mariadbSocket', PATH),
    httpPort: numberOf('httpPort'),
    httpsPort: numberOf('httpsPort'),
    hasUserNamespaces,
    scriptVersion: numberOf('scriptVersion'),
  }
}

const NAME = /^[a-z][a-z0-9_-]{0,31}$/
const PATH = /^\/[\w./@+-]{1,200}$/

const isListOfNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string' && NAME.test(name))

function parseRecord(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

const damaged = (file: string): ProvisionError =>
  new ProvisionError(
    'PROVISION_BOOTSTRAP_DAMAGED',
    `${file} does not read: run the bootstrap script of this server again.`,
  )
