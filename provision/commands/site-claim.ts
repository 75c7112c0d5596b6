import path from 'node:path'
import { replaceText } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { findText, kindOf, remove } from '../system/files.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { Session } from './session.ts'
import type { SitePlace } from './site-place.ts'

/** Whose a folder-to-be is, and for what: the same command on the same site goes on where it was cut off. */
export interface Claim {
  file: string
  folder: string
  text: string
}

export const claimOf = (session: Session, { uri, folder }: SitePlace, text: string): Claim => ({
  file: path.join(session.folders.installs, uri),
  folder,
  text,
})

/** Marks the folder-to-be, so that a try that was cut off does not block the next one. */
export function claimStep({ file, text }: Claim): Step {
  return {
    title: 'Claim the folder of the site',
    async run() {
      await replaceText(file, text)
      return () => remove(file)
    },
    discard: () => remove(file),
  }
}

export const isClaimed = async ({ file, text }: Claim): Promise<boolean> =>
  (await findText(file)) === text

/** Throws PROVISION_SITE_FOLDER_TAKEN for a folder that nobody claimed, or somebody else. */
export async function refuseForeignFolder(claim: Claim): Promise<void> {
  if ((await kindOf(claim.folder)) === 'absent' || (await isClaimed(claim))) return
  throw new ProvisionError(
    'PROVISION_SITE_FOLDER_TAKEN',
    `${claim.folder} is there already and is not of this site: move it away or choose another name.`,
  )
}
