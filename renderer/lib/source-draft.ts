import type { PlatformSource } from '#shared/domain/platform-source.ts'

/** Where a platform's code comes from, as it is typed: what belongs to another kind of source is kept meanwhile. */
export interface SourceDraft {
  type: PlatformSource['type']
  gitUrl: string
  gitRef: string
  archiveUrl: string
  checksum: string
  package: string
  version: string
  mayRunScripts: boolean
}

export const emptySourceDraft = (): SourceDraft => ({
  type: 'folder',
  gitUrl: '',
  gitRef: '',
  archiveUrl: '',
  checksum: '',
  package: '',
  version: '',
  mayRunScripts: false,
})

/** As the contract takes it; whether it is good its schema says. */
export function toSource(draft: SourceDraft): object {
  const { type } = draft
  switch (type) {
    case 'folder':
      return { type }
    case 'git':
      return { type, url: draft.gitUrl, ref: draft.gitRef }
    case 'archive':
      return { type, url: draft.archiveUrl, checksum: draft.checksum }
    case 'composer':
      return {
        type,
        package: draft.package,
        version: draft.version,
        mayRunScripts: draft.mayRunScripts,
      }
  }
}
