import type { Feature, ServiceTypeDefinition } from '../hooks/feature.ts'

/** Of the service `http` and `db`, as Aegir's own modules declare them; a port where they have one. */
const TYPES: readonly (readonly [
  service: string,
  type: string,
  title: string,
  port: number | null,
])[] = [
  ['http', 'nginx_ssl', 'nginx with SSL', 80],
  ['http', 'https_nginx', 'nginx with HTTPS', 80],
  ['http', 'apache', 'Apache', 80],
  ['http', 'apache_ssl', 'Apache with SSL', 80],
  ['http', 'https_apache', 'Apache with HTTPS', 80],
  ['http', 'cluster', 'Web cluster', null],
  ['http', 'pack', 'Web pack', null],
  ['db', 'mysql', 'MySQL', 3306],
]

const toService = ([
  service,
  type,
  title,
  defaultPort,
]: (typeof TYPES)[number]): ServiceTypeDefinition => ({
  service,
  type,
  title,
  description: `${title}, as a server of Aegir’s has it.`,
  defaultPort,
  // They are there already; a server of our own cannot have them.
  isHidden: true,
})

/** What servers of Aegir's carry, so that it can be shown and saved. */
export const aegirServices: Feature = {
  name: 'aegir-services',
  title: 'Services of Aegir',
  description: 'What servers of Aegir’s carry: Apache, MySQL, clusters.',
  group: 'Hosting',
  isRequired: true,
  requires: ['servers'],
  services: TYPES.map(toService),
}
