import path from 'node:path'
import { findText } from '../../system/files.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import type { Recognised } from '../application.ts'
import { findMissing, incomplete } from '../missing.ts'
import { readDrupalPackages } from '../packages-drupal.ts'
import { isSeven } from './scripts.ts'

/** Where each Drupal says which it is. */
const VERSIONS: readonly [file: string, pattern: RegExp][] = [
  ['core/lib/Drupal.php', /const VERSION = '([\w.-]{1,40})'/],
  ['includes/bootstrap.inc', /define\('VERSION', '(7[\w.-]{1,40})'\)/],
]

/** Without these the code is only there in part. */
const NEEDED = {
  seven: ['index.php', 'includes/install.core.inc', 'sites'],
  later: ['index.php', 'autoload.php', 'core/includes/install.core.inc', 'sites'],
}

const OLDEST = 7
const NEWEST = 11

/** Throws PROVISION_PLATFORM_INCOMPLETE for half a Drupal, and where its pages lie in a folder below. */
export async function recogniseDrupal(root: string): Promise<Recognised | undefined> {
  const version = await findVersion(root)
  if (version === undefined) {
    for (const below of ['web', 'docroot'])
      if ((await findVersion(path.join(root, below))) !== undefined)
        throw new ProvisionError(
          'PROVISION_PLATFORM_INCOMPLETE',
          `The pages of this Drupal lie in ${path.join(root, below)}: give the platform that folder.`,
        )
    return undefined
  }
  const needed = NEEDED[isSeven(version) ? 'seven' : 'later']
  const missing = await findMissing(root, needed)
  if (missing.length > 0) throw incomplete(root, `Drupal ${version}`, missing)
  const major = Number(version.split('.')[0])
  const isKnown = major >= OLDEST && major <= NEWEST
  return {
    version,
    packages: await readDrupalPackages(root, version),
    warnings: [
      'Hosting Desk has not yet been tried with a real Drupal, only with a tree of the same layout.',
      ...(isKnown ? [] : [`Drupal ${version} is not known here: ${OLDEST} to ${NEWEST} are.`]),
    ],
  }
}

/** Of a platform that was verified; one whose code is gone has none. */
export async function versionOf(root: string): Promise<string> {
  const version = await findVersion(root)
  if (version !== undefined) return version
  throw new ProvisionError('PROVISION_NO_SUCH_FOLDER', `There is no Drupal in ${root} any more.`)
}

async function findVersion(root: string): Promise<string | undefined> {
  for (const [file, pattern] of VERSIONS) {
    const version = pattern.exec((await findText(path.join(root, file))) ?? '')?.[1]
    if (version !== undefined) return version
  }
  return undefined
}
