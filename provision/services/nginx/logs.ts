import path from 'node:path'
import { putAside } from '../../steps/files.ts'
import type { Step } from '../../steps/step.ts'
import { namesIn } from '../../system/files.ts'
import { accessLog, errorLog, type NginxFolders } from './config.ts'

/** A site's logs, with what was rotated. */
async function filesOf(folders: NginxFolders, uri: string): Promise<string[]> {
  const stems = [accessLog(folders, uri), errorLog(folders, uri)].map((file) => path.basename(file))
  return (await namesIn(folders.logs))
    .filter((name) => stems.some((stem) => isOf(stem, name)))
    .map((name) => path.join(folders.logs, name))
}

/** `www.a.test.access.log`, `….log.1`, `….log.2.gz`; never those of another site whose name only begins so. */
const isOf = (stem: string, name: string): boolean =>
  name === stem ||
  (name.startsWith(`${stem}.`) && /^\d{1,3}(\.gz)?$/.test(name.slice(stem.length + 1)))

export function removeLogsStep(folders: NginxFolders, uri: string): Step {
  return {
    kind: 'remove-logs',
    title: `Remove the logs of ${uri}`,
    async run(work) {
      for (const file of await filesOf(folders, uri)) await putAside(work, file)
    },
    preview: async () =>
      (await filesOf(folders, uri)).map((target) => ({ kind: 'file', action: 'remove', target })),
  }
}
