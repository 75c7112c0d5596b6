import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { ERROR_CODES } from '../../provision/system/error-codes.ts'
import { toCodeText } from '../../renderer/lib/error-text.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const known = Object.keys(ERROR_CODES)

/** Whatever looks like a code in the sources of the program, but for the table itself. */
const named = new Set(
  globSync('provision/**/*.ts', { cwd: ROOT })
    .filter((file) => !file.endsWith('error-codes.ts'))
    .flatMap((file) => readFileSync(path.join(ROOT, file), 'utf8').match(/\bPROVISION_[A-Z0-9_]+/g))
    .filter((code) => code !== null)
    // As it is typed: any code of an extension.
    .filter((code) => code !== 'PROVISION_'),
)

describe('the table of error codes', () => {
  test('has every code that the program ends with', () => {
    expect([...named].filter((code) => !known.includes(code))).toEqual([])
  })

  test('has none that nothing ends with', () => {
    expect(known.filter((code) => !named.has(code))).toEqual([])
  })

  test('has none that the frontend would not take', () => {
    expect(known.filter((code) => !/^PROVISION_[A-Z0-9_]{1,54}$/.test(code))).toEqual([])
  })
})

/** The codes that Aegir's backend is known to end with. */
const AEGIR = [
  'DRUPAL_INSTALL_FAILED',
  'DRUSH_APPLICATION_ERROR',
  'DRUSH_BOOTSTRAPPING',
  'DRUSH_COMMAND_NOT_FOUND',
  'DRUSH_FRAMEWORK_ERROR',
  'DRUSH_INVALID_DRUPAL_ROOT',
  'DRUSH_MAKE_FAILED',
  'DRUSH_NOT_COMPLETED',
  'DRUSH_PERM_ERROR',
  'DRUSH_UNKNOWN_OPTION',
  'DRUSH_UNSUPPORTED_VERSION',
  'HOSTING_*',
  'PROVISION_BACKUP_ALREADY_EXISTS',
  'PROVISION_BACKUP_EXTRACTION_FAILED',
  'PROVISION_BACKUP_FAILED',
  'PROVISION_BACKUP_NOT_FOUND',
  'PROVISION_BACKUP_PATH_NOT_FOUND',
  'PROVISION_CANCEL_*',
  'PROVISION_CONNECT_DB_FAILED',
  'PROVISION_CREATE_DB_FAILED',
  'PROVISION_CRON_FAILED',
  'PROVISION_DB_CONNECT_FAIL',
  'PROVISION_DB_DUMP_NOT_FOUND',
  'PROVISION_DB_DUMP_NOT_READABLE',
  'PROVISION_DB_IMPORT_FAILED',
  'PROVISION_DELETE_BACKUP_NAME_RELATIVE',
  'PROVISION_DROP_DB_FAILED',
  'PROVISION_DRUPAL_INSTALL_FAILED',
  'PROVISION_DRUPAL_SITE_INSTALLED',
  'PROVISION_DRUPAL_SITE_NOT_FOUND',
  'PROVISION_FILE_SYNC_FAILED',
  'PROVISION_GRANT_DB_USER_FAILED',
  'PROVISION_IS_ROOT',
  'PROVISION_MISSING_CONTEXT',
  'PROVISION_OVERLOAD',
  'PROVISION_PROCESS_ERROR',
  'PROVISION_SCHEMA_UPGRADE_FAILURE',
  'PROVISION_SITES_DIR_NOT_WRITABLE',
  'PROVISION_SITE_INSTALLED',
  'PROVISION_URL_REQUIRED',
  'SSL_*_COPY_FAIL',
  'SSL_CERT_GEN_FAIL',
  'SSL_KEY_GEN_FAIL',
]

describe('the page for who knows Aegir', () => {
  const page = readFileSync(path.join(ROOT, 'docs/from-aegir.md'), 'utf8')
  const [, section = ''] = /\n## Error codes\n(.*?)\n## /s.exec(page) ?? []
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | '))
  const codesIn = (cell = ''): string[] =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

  test('says of every code of Aegir’s which is its counterpart, or why there is none', () => {
    const told = rows.flatMap(([theirs]) => codesIn(theirs))
    expect(told.toSorted()).toEqual(AEGIR.toSorted())
    for (const [theirs, ours, why = ''] of rows)
      expect(codesIn(ours).length > 0 || (ours === 'none' && why.length > 20), theirs).toBe(true)
  })

  test('names only codes that there are', () => {
    expect(
      rows.flatMap(([, ours]) => codesIn(ours)).filter((code) => !known.includes(code)),
    ).toEqual([])
  })

  test('gives no other name to what has Aegir’s', () => {
    const others = rows.filter(
      ([theirs, ours]) =>
        codesIn(theirs).some((code) => known.includes(code)) &&
        !codesIn(ours).some((code) => codesIn(theirs).includes(code)),
    )
    expect(others).toEqual([])
  })
})

test('a task that an earlier release stored still says what happened and what to do', () => {
  const old = toCodeText(
    'PROVISION_DATABASE_STOPPED',
    'MariaDB does not answer: start its service.',
  )
  expect(old.happened).toBe('MariaDB does not answer: start its service.')
  expect(old.remedy).not.toBe('')
  expect(old).toMatchObject({ meaning: toCodeText('PROVISION_DB_CONNECT_FAIL', '').meaning })
})
