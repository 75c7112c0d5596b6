const TITLES: Readonly<Record<string, string>> = {
  static: 'Static files',
  php: 'PHP',
  wordpress: 'WordPress',
  drupal: 'Drupal',
}

/** What people call an application: “WordPress”; one that we do not know by its own name. */
export const toApplicationTitle = (application: string): string =>
  Object.hasOwn(TITLES, application) ? (TITLES[application] ?? application) : application
