import type { Feature } from '../hooks/feature.ts'

/** The web services that the program on the server knows. */
export const webServices: Feature = {
  name: 'web-services',
  title: 'Web services',
  requires: ['servers'],
  services: [
    {
      service: 'http',
      type: 'nginx',
      title: 'nginx',
      description: 'nginx, whose master runs as the sandbox user.',
      defaultPort: 80,
    },
    {
      service: 'http',
      type: 'embedded',
      title: 'Embedded web server',
      description: 'The web server of the demo server on this computer.',
      defaultPort: null,
    },
  ],
}
