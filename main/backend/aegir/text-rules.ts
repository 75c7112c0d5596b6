/**
 * Everything that is told from Drush's words, in one place. Each rule names a recording that holds such words; patterns
 * are as short as they can be and stay distinct.
 */

/** How a command ended that gave no answer at all: from its last words, or from its exit code. */
export interface EndingRule {
  code: string
  sample: string
  pattern?: RegExp
  exitCodes?: readonly number[]
  message: (found: readonly string[], context: string) => string
}

export const ENDINGS: readonly EndingRule[] = [
  {
    code: 'backend.broken-context',
    sample: 'corrupt-alias-b2',
    pattern: /error.{0,200}?([^/\s]+)\.alias\.drushrc\.php/,
    message: ([name]) =>
      `The file of the context @${name} on the server is not valid PHP: correct it there, or remove it.`,
  },
  {
    code: 'backend.unknown-context',
    sample: 'unknown-alias-b2',
    pattern: /find the alias @?([^\s[]*)/,
    message: ([name]) =>
      `The server does not know @${name ?? ''} (any more): verify the object, or import it again.`,
  },
  {
    code: 'backend.memory-limit',
    sample: 'php-memory-6m',
    pattern: /memory size of (\d+) bytes/,
    message: ([bytes]) =>
      `PHP came to its memory limit (${Math.round(Number(bytes) / 1048576)} MB) on the server: raise memory_limit of its command line.`,
  },
  {
    code: 'PROVISION_OVERLOAD',
    sample: 'overload-plain',
    pattern: /load on system too heavy/,
    message: () => 'The server is too busy at the moment.',
  },
  {
    code: 'PROVISION_IS_ROOT',
    sample: 'root-verify-plain',
    pattern: /provision script as the root user/,
    message: () => 'Provision refuses to run as root.',
  },
  {
    code: 'backend.no-drush',
    sample: 'missing-drush',
    exitCodes: [126, 127],
    message: () => 'Drush could not be started on the server: it is not where it was found before.',
  },
  {
    code: 'backend.killed',
    sample: 'killed-sigterm',
    exitCodes: [129, 130, 137, 143],
    message: () =>
      'The command was ended on the server before it was done, and left no answer. Verify the object, then look at what is there.',
  },
]

/** Log entries of which Drush's own type says too much or too little. */
export interface EntryRule {
  sample: string
  pattern: RegExp
  /** As which level it is shown. */
  level: 'debug' | 'info' | 'warning'
  /** The command has failed though Drush says that it has not: for these commands, or for every one. */
  fails?: { code: string; commands: readonly string[] | 'all' }
}

export const ENTRIES: readonly EntryRule[] = [
  // What PHP says of Drush's own code, at nearly every command.
  { sample: 'backup-site-b2', pattern: /\.(?:inc|php|module|install):\d+$/, level: 'debug' },
  { sample: 'install-site-ok-b2', pattern: /^WD update:/, level: 'info' },
  {
    sample: 'verify-webserver-reload-failed-b2',
    pattern: / could not be restarted\b/,
    level: 'warning',
    // Others have done their work by then; a verify is there to say that the server is in order.
    fails: { code: 'backend.reload-failed', commands: ['verify'] },
  },
  {
    sample: 'save-bad-service',
    pattern: /^Unable to load \S+ driver\b/,
    level: 'warning',
    fails: { code: 'backend.unknown-service', commands: 'all' },
  },
]

/** A call of Aegir's own frontend, in an error message. */
export const FRONTEND_CALL = { sample: 'clone-site-no-hostmaster-b2', pattern: /'hosting-task / }

/** Errors whose code is a sentence. */
export const SENTENCE_CODES: readonly { sample: string; pattern: RegExp; code: string }[] = [
  {
    sample: 'delete-platform-with-sites-b2',
    pattern: /^Existing sites were found/,
    code: 'object.in-use',
  },
  { sample: 'missing-argument-b2', pattern: /^Missing required argument/, code: 'input.invalid' },
]
