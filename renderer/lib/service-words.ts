const LABELS: Readonly<Record<string, string>> = {
  http: 'Web server',
  db: 'Database server',
  certificate: 'Certificates',
}

/** How a kind of service is called: “Web server”; one that a feature brought by its own name. */
export const toServiceLabel = (service: string): string =>
  LABELS[service] ?? `${service.charAt(0).toUpperCase()}${service.slice(1).replace(/_/g, ' ')}`
