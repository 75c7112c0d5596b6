import { z } from 'zod'
import { PortNumber } from '../domain/names.ts'

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
