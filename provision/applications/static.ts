import { hiddenBeside, moveTo, removal } from '../steps/files.ts'
import type { Step } from '../steps/step.ts'
import { namesIn } from '../system/files.ts'
import { copyTree } from '../system/trees.ts'
import type { FilesApplication } from './application.ts'

/** Plain files: a site is a copy of its platform's folder, and can do nothing by itself. */
export const staticFiles: FilesApplication = {
  kind: 'files',
  name: 'static',
  async recognise(root) {
    const names = await namesIn(root)
    const warnings = [
      ...(names.some((name) => /^index\.html?$/.test(name))
        ? []
        : [`${root} has no index.html: its sites will have no front page.`]),
      ...(names.some((name) => name.endsWith('.php'))
        ? [`${root} has PHP that is never run: a PHP application needs an index.php.`]
        : []),
    ]
    return { version: null, warnings }
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
  return {
    kind: 'copy-platform',
    title: 'Copy the files of the platform',
    async run(work) {
      const half = hiddenBeside(siteFolder, 'new')
      await work.willUndo(removal.of({ path: half }))
      const onLeftOut = (name: string): void => warn(`Left out, since it is no plain file: ${name}`)
      await copyTree(root, half, { signal: work.signal, onLeftOut })
      await moveTo(work, half, siteFolder)
    },
    preview: () =>
      Promise.resolve([
        { kind: 'folder', action: 'create', target: siteFolder, detail: `a copy of ${root}` },
      ]),
  }
}
