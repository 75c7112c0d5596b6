import type { SlotWork } from '../application.ts'
import { joinScripts } from '../php-script.ts'
import bootLater from '../php/drupal/boot-later.php?raw'
import bootSeven from '../php/drupal/boot-seven.php?raw'
import cronLater from '../php/drupal/cron-later.php?raw'
import cronSeven from '../php/drupal/cron-seven.php?raw'
import installLater from '../php/drupal/install-later.php?raw'
import installSeven from '../php/drupal/install-seven.php?raw'
import packages from '../php/packages.php?raw'
import statusLater from '../php/drupal/status-later.php?raw'
import statusSeven from '../php/drupal/status-seven.php?raw'
import updateLater from '../php/drupal/update-later.php?raw'
import updateSeven from '../php/drupal/update-seven.php?raw'

/** What differs between Drupal 7 and all later ones. */
export type DrupalScripts = Readonly<
  Record<'boot' | 'install' | 'update' | 'cron' | 'status', string>
>

const SEVEN: DrupalScripts = {
  boot: bootSeven,
  install: installSeven,
  update: updateSeven,
  cron: cronSeven,
  status: joinScripts(packages, statusSeven),
}
const LATER: DrupalScripts = {
  boot: bootLater,
  install: installLater,
  update: updateLater,
  cron: cronLater,
  status: joinScripts(packages, statusLater),
}

export const isSeven = (version: string): boolean => version.startsWith('7.')

export const scriptsFor = (version: string): DrupalScripts => (isSeven(version) ? SEVEN : LATER)

/** The file of the script for a piece of work, for people. */
export function nameScript(work: SlotWork, version: string): string {
  if (work === 'login-reset') return 'login'
  if (work === 'renamed') return 'renamed'
  return `${work}-${isSeven(version) ? 'seven' : 'later'}`
}
