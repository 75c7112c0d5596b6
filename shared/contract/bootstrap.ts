import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { PortNumber } from '../domain/names.ts'
import { BackendAddress, Login } from '../domain/objects.ts'
import { Secrets } from './backend.ts'
import { desk } from './base.ts'

/** What stands at the top of the bootstrap script. */
export const BootstrapParameters = z.object({
  /** The account that hosts; everything is named after it. */
  account: z
    .string()
    .regex(/^[a-z]{2,16}$/, 'The account’s name has 2 to 16 small letters.')
    .default('hd'),
  slots: z
    .number('The number of slots is a number.')
    .int('The number of slots is a whole number.')
    .min(1, 'There are 1 to 999 slots.')
    .max(999, 'There are 1 to 999 slots.')
    .default(20),
  publicKey: z
    .string()
    .trim()
    .max(16_384)
    .regex(
      /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+|sk-[a-z0-9-]+@openssh\.com) AAAA[A-Za-z0-9+/=]+( [^\p{Cc}]*)?$/u,
      'A public key is one line, as it stands in a .pub file.',
    ),
  httpPort: PortNumber.default(80),
  httpsPort: PortNumber.default(443),
  withCertbot: z.boolean().default(true),
  withGit: z.boolean().default(true),
  withComposer: z.boolean().default(false),
  mariadbSocket: z
    .string()
    .regex(/^\/[A-Za-z0-9/._-]{1,100}$/, 'The socket of MariaDB is an absolute path.')
    .default('/run/mysqld/mysqld.sock'),
})
export type BootstrapParameters = z.infer<typeof BootstrapParameters>

/** What happens while the script runs on a server. The last event is `ended`. */
export const BootstrapEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('line'), stream: z.enum(['out', 'err']), text: z.string() }),
  z.object({
    event: z.literal('ended'),
    exitCode: z.number().int(),
    /** Why the script refused to begin, as it said it. */
    refusal: z.string().nullable(),
    /** What the server is now; null where the script did not come to its end. */
    ready: z
      .object({
        account: z.string(),
        slots: z.number(),
        httpPort: z.number(),
        httpsPort: z.number(),
      })
      .nullable(),
  }),
])
export type BootstrapEvent = z.infer<typeof BootstrapEvent>

/** The script with which root prepares a server. It is no task: nothing of it is stored. */
export const bootstrap = {
  /** The whole text, which is all that `run` runs; `sha256` names it. */
  script: desk
    .input(BootstrapParameters)
    .output(z.object({ text: z.string(), sha256: z.string() })),
  /** The public keys of a login, to let it into the account that will host. */
  publicKeys: desk
    .input(z.object({ login: Login, secrets: Secrets.optional() }))
    .output(z.object({ keys: z.array(z.string()) })),
  /** Runs the script that was shown over a login as root, or one that sudo lets become root. Secrets are forgotten. */
  run: desk
    .input(
      z.object({
        address: BackendAddress,
        secrets: Secrets.optional(),
        sudoPassword: z.string().max(4096).optional(),
        parameters: BootstrapParameters,
        sha256: z.string(),
      }),
    )
    .output(eventIterator(BootstrapEvent)),
}
