import { z } from 'zod'
import type { FormProblems } from '#shared/domain/form.ts'
import type { Feature, ServiceTypeDefinition } from '../hooks/feature.ts'

const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory'

const nginx: ServiceTypeDefinition = {
  service: 'http',
  type: 'nginx',
  title: 'nginx',
  description: 'nginx, whose master runs as the sandbox user.',
  // Any account may open it; 80 needs a right that the account must have been given.
  defaultPort: 8080,
  defaultRestartCommand: null,
  form: {
    fields: [
      {
        name: 'http_https_port',
        type: 'number',
        label: 'HTTPS port',
        help: 'Empty: the one that the server was set up with.',
        min: 1,
        max: 65_535,
      },
    ],
  },
  validate: ({ port, values }): FormProblems =>
    port !== null && values?.['http_https_port'] === port
      ? { http_https_port: 'HTTP has this port already.' }
      : {},
}

/** The web server of the demo server. */
const embedded: ServiceTypeDefinition = {
  service: 'http',
  type: 'embedded',
  title: 'Embedded web server',
  description: 'The web server of the demo server on this computer.',
  defaultPort: null,
  isHidden: true,
}

const mariadb: ServiceTypeDefinition = {
  service: 'db',
  type: 'mariadb',
  title: 'MariaDB',
  description:
    'MariaDB of the server itself; accounts are known by their socket, so there is no password.',
  defaultPort: 3306,
}

const acme: ServiceTypeDefinition = {
  service: 'certificate',
  type: 'acme',
  title: 'ACME',
  description:
    'Certificates of an authority, by the ACME protocol; they are renewed before they end.',
  defaultPort: null,
  form: {
    fields: [
      {
        name: 'acme_directory',
        type: 'text',
        label: 'Directory of the authority',
        help: 'Let’s Encrypt, unless you know another.',
        isRequired: true,
        default: LETS_ENCRYPT,
        maxLength: 1000,
      },
      {
        name: 'acme_email',
        type: 'text',
        label: 'Mail address for the authority',
        help: 'It may write to it before a certificate ends. Empty: none.',
        maxLength: 254,
      },
    ],
  },
  validate({ values = {} }): FormProblems {
    const { acme_directory: directory, acme_email: email } = values
    const isAddress = z.url({ protocol: /^https$/ }).safeParse(directory).success
    const isMail = email === undefined || z.email().safeParse(email).success
    return {
      ...(isAddress ? {} : { acme_directory: 'This is no address that begins with https://.' }),
      ...(isMail ? {} : { acme_email: 'This is no mail address, for example name@example.com.' }),
    }
  },
}

/** The services that the program on the server knows. */
export const shippedServices: Feature = {
  name: 'services',
  title: 'Services of servers',
  description:
    'What serves sites (nginx, the demo server), keeps databases, and gets certificates.',
  group: 'Hosting',
  isRequired: true,
  requires: ['servers'],
  services: [nginx, embedded, mariadb, acme],

  // The demo server is the operator's own computer, which is often busy: that is no reason to keep them waiting.
  contextOptions: (options, object) =>
    object.kind === 'server' && object.services['http']?.type === 'embedded'
      ? { ...options, critical_load_multiplier: 1000 }
      : options,
}
