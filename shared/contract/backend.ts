import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { Id, Instant } from '../domain/json.ts'
import { Backend, BackendAddress, BackendState, Dialect } from '../domain/objects.ts'
import { desk } from './base.ts'

export const HostKey = z.object({
  host: z.string(),
  port: z.number(),
  /** `ssh-ed25519`, … */
  type: z.string(),
  /** `SHA256:…` */
  fingerprint: z.string(),
  /** The public key, base64 of the wire form. */
  key: z.string(),
})
export type HostKey = z.infer<typeof HostKey>

export const CheckStage = z.enum([
  'resolve',
  'connect',
  'host-key',
  'authentication',
  'user',
  'shell-speed',
  'account-locked',
  'channels',
  'clock',
  'dialect',
])
export type CheckStage = z.infer<typeof CheckStage>

/** One stage of a connection check, as it begins and as it ends. */
export const CheckEvent = z.object({
  stage: CheckStage,
  state: z.enum(['running', 'ok', 'warning', 'failed', 'skipped']),
  /** What was found, in a sentence. */
  message: z.string(),
  /** What to do, where something is to be done. */
  remedy: z.string().nullable(),
  code: z.string().nullable(),
  durationMs: z.number().nullable(),
  /** At the dialect stage: whose account it is. */
  dialect: Dialect.nullable(),
  /** At the host-key stage: what the server showed, and what was known. */
  hostKey: z.object({ shown: HostKey, known: z.array(HostKey) }).nullable(),
})
export type CheckEvent = z.infer<typeof CheckEvent>

/** Typed secrets; they go to main and nowhere else. */
export const Secrets = z.object({
  password: z.string().max(4096).optional(),
  passphrase: z.string().max(4096).optional(),
})
export type Secrets = z.infer<typeof Secrets>

/** A Host of the operator's ~/.ssh/config, resolved, to fill the form from. */
export const SshHost = z.object({
  alias: z.string(),
  host: z.string(),
  port: z.number(),
  user: z.string().nullable(),
  keyFile: z.string().nullable(),
})
export type SshHost = z.infer<typeof SshHost>

export const backend = {
  list: desk.output(z.array(Backend.extend({ state: BackendState }))),
  get: desk.input(z.object({ id: Id })).output(Backend.extend({ state: BackendState })),
  /** The stages of a connection check, live. Nothing is stored. */
  check: desk
    .input(
      z.union([
        z.object({ backendId: Id, secrets: Secrets.optional() }),
        z.object({ address: BackendAddress, secrets: Secrets.optional() }),
      ]),
    )
    .output(eventIterator(CheckEvent)),
  /** The operator has compared the fingerprint: this key is the host's from now on, in place of any other. */
  trustHostKey: desk.input(HostKey).output(z.object({})),
  /** Secrets for a backend, kept as the shell keeps them; tasks that waited for them go on. */
  giveSecrets: desk.input(z.object({ backendId: Id, secrets: Secrets })).output(z.object({})),
  edit: desk
    .input(
      z.object({
        id: Id,
        title: z.string(),
        address: BackendAddress,
        limit: Backend.shape.limit,
      }),
    )
    .output(Backend),
  /** Closes the connection; the next task opens it again. */
  disconnect: desk.input(z.object({ id: Id })).output(z.object({})),
  sshHosts: desk.output(z.array(SshHost)),
  /**
   * Every host key that the operator trusts, with the servers that are reached by it; and those by which only
   * known_hosts lets in a server that is here: they have no id, and nobody trusted them here.
   */
  hostKeys: desk.output(
    z.array(
      HostKey.extend({
        id: Id.nullable(),
        trustedAt: Instant.nullable(),
        usedBy: z.array(z.string()),
      }),
    ),
  ),
  /** The next connection to that host asks for its fingerprint again. */
  forgetHostKey: desk.input(z.object({ id: Id })).output(z.object({})),
  /** The command that logs in to the account from a terminal. */
  terminalCommand: desk.input(z.object({ id: Id })).output(z.object({ line: z.string() })),
  /** Opens the person's terminal with that command; `terminal.missing` where the shell has none to open. */
  openTerminal: desk.input(z.object({ id: Id })).output(z.object({})),
}
