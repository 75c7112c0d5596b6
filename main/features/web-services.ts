import type { Feature } from '../hooks/feature.ts'

/** The web services that the program on the server knows. */
export const webServices: Feature = {
  name: 'web-services',
  title: 'Web services',
  description: 'What serves sites: nginx, and the web server of the demo server.',
  group: 'Hosting',
  isRequired: true,
  requires: ['servers'],
  services: [
    {
      service: 'http',
      type: 'nginx',
      title: 'nginx',
      description: 'nginx, whose master runs as the sandbox user.',
      // Any account may open it; 80 needs a right that the account must have been given.
      defaultPort: 8080,
    },
    {
      service: 'http',
      type: 'embedded',
      title: 'Embedded web server',
      description: 'The web server of the demo server on this computer.',
      defaultPort: null,
      isHidden: true,
    },
  ],

  // The demo server is the operator's own computer, which is often busy: that is no reason to keep them waiting.
  contextOptions: (options, object) =>
    object.kind === 'server' && object.services['http']?.type === 'embedded'
      ? { ...options, critical_load_multiplier: 1000 }
      : options,
}
