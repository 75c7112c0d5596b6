/**
 * Every code with which this program ends, and what it says. The frontend stores it with the task; a program looks at the
 * code, a person reads the message that comes with it. Where Aegir has a name for the same, it is that name; which of
 * Aegir's codes are here and which are not, and why, stands in docs/from-aegir.md.
 */
export const ERROR_CODES = {
  // Before anything is done.
  PROVISION_IS_ROOT: 'The program was started as root.',
  PROVISION_OVERLOAD: 'The machine is too busy; to be tried again.',
  PROVISION_USAGE: 'The command line is not understood.',
  PROVISION_BAD_REQUEST: 'The request on standard input does not read.',
  PROVISION_PROTOCOL: 'The request is of another version of the protocol.',
  PROVISION_LOCKED: 'Another command works on the same, and did not end in time.',

  // Contexts.
  PROVISION_MISSING_CONTEXT: 'A context that is named is not on this server.',
  PROVISION_CONTEXT_DAMAGED: 'A stored context does not read.',
  PROVISION_CONTEXT_NEWER: 'A newer release wrote a stored context.',
  PROVISION_UNKNOWN_OPTION: 'A key that nobody declared.',
  PROVISION_BAD_OPTION: 'A value that its key does not allow.',
  PROVISION_MISSING_OPTION: 'A lasting fact that is needed was never saved.',
  PROVISION_URL_REQUIRED: 'The site has no host name.',
  PROVISION_TYPE_FIXED: 'A context cannot become one of another type.',
  PROVISION_URI_FIXED: 'A site’s host name is changed by migrate alone.',
  PROVISION_NAME_TAKEN: 'A host name or the name of a context is another’s.',
  PROVISION_NOTHING_CHANGES: 'All is as it is asked for.',

  // Servers.
  PROVISION_NOT_BOOTSTRAPPED: 'The bootstrap script has not been run here.',
  PROVISION_BOOTSTRAP_DAMAGED: 'What the bootstrap script noted does not read.',
  PROVISION_BOOTSTRAP_NEWER: 'The bootstrap script of a newer release has been run here.',
  PROVISION_SERVER_HAS_PLATFORMS: 'The server still carries platforms.',
  PROVISION_SERVER_NOT_VERIFIED: 'The server was never verified.',
  PROVISION_UNKNOWN_SERVICE: 'A type of service that nobody here knows.',
  PROVISION_UNSAFE_HOME: 'The home’s path cannot stand in a configuration.',
  PROVISION_PROCESS_ERROR: 'A program that an extension runs failed.',

  // The web server.
  PROVISION_NO_WEB_SERVICE: 'The server has no web service.',
  PROVISION_NO_NGINX: 'nginx is not installed.',
  PROVISION_NGINX_BROKEN: 'nginx refuses the configuration that it has.',
  PROVISION_NGINX_CONFIG: 'nginx refuses what would be written.',
  PROVISION_NGINX_RELOAD: 'nginx did not take over its new configuration.',
  PROVISION_NGINX_START: 'nginx does not start.',
  PROVISION_NGINX_STOPPED: 'nginx does not run, and only root may start it.',
  PROVISION_PORT_NOT_ALLOWED: 'The account may not listen on the port.',
  PROVISION_PORT_TAKEN: 'Another program has the port.',
  PROVISION_SITES_BROKEN: 'The change would have broken another site.',
  PROVISION_SITE_NOT_ANSWERING: 'The site does not answer after the change.',
  PROVISION_EMBEDDED_ABSENT: 'The application’s own web server does not answer.',
  PROVISION_NO_LOGS: 'The web service keeps no logs of its sites.',
  PROVISION_CERTIFICATE_FAILED: 'A certificate could not be had.',
  PROVISION_BAD_CERTIFICATE: 'A certificate or its key cannot be used.',

  // The database.
  PROVISION_NO_MARIADB: 'MariaDB’s client is not installed.',
  PROVISION_DB_CONNECT_FAIL: 'MariaDB does not answer, or does not let the account in.',
  PROVISION_CREATE_DB_FAILED: 'A database could not be made.',
  PROVISION_DROP_DB_FAILED: 'A database could not be dropped.',
  PROVISION_DB_IMPORT_FAILED: 'A dump could not be loaded.',
  PROVISION_DB_DUMP_NOT_FOUND: 'There is no dump of the database, or more than one.',
  PROVISION_DATABASE_TAKEN: 'There is a database of that name already.',
  PROVISION_DATABASE_REFUSED: 'MariaDB does not let the account do it.',
  PROVISION_DATABASE_FAILED: 'MariaDB refuses something else.',

  // Slots and PHP.
  PROVISION_NO_SLOT: 'No slot is free, or the site’s own is not there.',
  PROVISION_SLOT_NOT_EMPTY: 'Something is left in a slot.',
  PROVISION_SLOT_FAILED: 'A program could not be run in a slot.',
  PROVISION_PHP_STOPPED: 'PHP-FPM does not run.',
  PROVISION_PHP_SILENT: 'PHP said nothing for too long.',
  PROVISION_PHP_FAILED: 'PHP broke off in the middle of its answer.',
  PROVISION_SITE_CODE_FAILED: 'The site’s own code failed.',
  PROVISION_DRUPAL_INSTALL_FAILED: 'Drupal’s installation failed.',
  PROVISION_SCHEMA_UPGRADE_FAILURE: 'The site’s code could not bring its database up to it.',

  // Platforms.
  PROVISION_UNKNOWN_APPLICATION: 'The code is of no application that is known here.',
  PROVISION_OTHER_APPLICATION: 'The code is of another application than the site or the backup.',
  PROVISION_PLATFORM_INCOMPLETE: 'Only a part of the application is there.',
  PROVISION_PLATFORM_CONFIGURED: 'The code is configured for one site.',
  PROVISION_PLATFORM_LOCKED: 'The platform takes no more sites.',
  PROVISION_PLATFORM_HAS_SITES: 'The platform still has sites.',
  PROVISION_SITES_DIR_NOT_WRITABLE: 'The platform’s folder “sites” cannot be written to.',
  PROVISION_FOLDER_NOT_ALLOWED: 'The folder is one of Hosting Desk’s own, or holds it.',
  PROVISION_FOLDER_TAKEN: 'The folder is there already.',
  PROVISION_SOURCE_FAILED: 'git or Composer could not fetch the code.',
  PROVISION_SOURCE_REFUSED: 'The code that was fetched leads out of its folder.',
  PROVISION_DOWNLOAD_FAILED: 'An archive could not be fetched.',
  PROVISION_CHECKSUM: 'What was fetched has another checksum.',
  PROVISION_NO_GIT: 'git is not installed.',
  PROVISION_NO_COMPOSER: 'Composer is not installed.',

  // Sites.
  PROVISION_SITE_INSTALLED: 'The site is installed already.',
  PROVISION_SITE_NOT_INSTALLED: 'The site is not installed.',
  PROVISION_SITE_DISABLED: 'The site is disabled.',
  PROVISION_SITE_FOLDER_TAKEN: 'Something is in the site’s place.',
  PROVISION_NO_SUCH_SITE: 'There is no site that could be taken over.',
  PROVISION_NO_SUCH_FOLDER: 'A folder is gone.',
  PROVISION_NO_SUCH_ABILITY: 'The site’s application cannot do that.',

  // Backups.
  PROVISION_BACKUP_FAILED: 'The backup could not be made.',
  PROVISION_BACKUP_NOT_FOUND: 'The backup is not there.',
  PROVISION_BACKUP_EXTRACTION_FAILED: 'The backup could not be unpacked.',
  PROVISION_BAD_ARCHIVE: 'An archive is refused before it is unpacked.',
  PROVISION_FOREIGN_FILE: 'The file is no backup of this account’s.',

  // Anything.
  PROVISION_NO_SPACE: 'There is not enough room.',
  PROVISION_NO_PERMISSION: 'The account may not do it.',
  PROVISION_REMOVE_FAILED: 'Files could not be removed.',
  PROVISION_CANCELLED: 'It was cancelled, and taken back.',
  PROVISION_FAILED: 'Something that nobody foresaw.',
} as const satisfies Readonly<Record<`PROVISION_${string}`, string>>

export type ErrorCode = keyof typeof ERROR_CODES

/** An extension ends its commands with codes of its own. */
export type ExtensionCode = `PROVISION_${string}` & { readonly isOfAnExtension: true }

/** Undefined where a code is not of the form that the frontend takes. */
export const toExtensionCode = (code: string): ExtensionCode | undefined =>
  /^PROVISION_[A-Z0-9_]{1,54}$/.test(code) ? (code as ExtensionCode) : undefined
