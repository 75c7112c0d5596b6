import type { Application } from './application.ts'
import { staticFiles } from './static.ts'

/** Every application that ships; the first that recognises a folder has it. Plain files are in any folder: last. */
export const shippedApplications: readonly Application[] = [staticFiles]
