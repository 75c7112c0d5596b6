import path from 'node:path'
import type { Step } from '../steps/step.ts'
import { copyTree, kindOf, namesIn, remove, rename } from '../system/files.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { Application } from './application.ts'

/** Plain files: a site is a copy of its platform's folder, and can do nothing by itself. */
export const staticFiles: Application = {
  name: 'static',
  async recognise(root) {
    const hasFrontPage = (await namesIn(root)).some((name) => /^index\.html?$/.test(name))
    const warning = `${root} has no index.html: its sites will have no front page.`
    return { version: null, warnings: hasFrontPage ? [] : [warning] }
  },
  install: ({ root, folder, warn }) => [copyPlatformStep(root, folder, warn)],
  abilities: {},
}

/** Copies a platform into a site's folder, which must not be there; half a copy never has the site's name. */
export function copyPlatformStep(
  root: string,
  siteFolder: string,
  warn: (message: string) => void,
): Step {
  const half = path.join(path.dirname(siteFolder), `.${path.basename(siteFolder)}.new`)
  return {
    title: 'Copy the files of the platform',
    async run(signal) {
      if ((await kindOf(siteFolder)) !== 'absent')
        throw new ProvisionError('PROVISION_SITE_FOLDER_TAKEN', `${siteFolder} is there already.`)
      await remove(half)
      try {
        const onLeftOut = (name: string): void =>
          warn(`Left out, since it is no plain file: ${name}`)
        await copyTree(root, half, { signal, onLeftOut })
        await rename(half, siteFolder)
      } catch (error) {
        await remove(half)
        throw error
      }
      return () => remove(siteFolder)
    },
  }
}
