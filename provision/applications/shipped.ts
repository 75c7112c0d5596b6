import type { Application } from './application.ts'
import { drupal } from './drupal/drupal.ts'
import { plainPhp } from './plain/plain-php.ts'
import { staticFiles } from './static.ts'
import { wordPress } from './wordpress/wordpress.ts'

/** Every application that ships; the first that recognises a folder has it. Plain files are in any folder: last. */
export const shippedApplications: readonly Application[] = [
  drupal,
  wordPress,
  plainPhp,
  staticFiles,
]
