import { makeReadable } from '../system/files.ts'
import { findStrays } from '../system/links.ts'
import { ProvisionError } from '../system/provision-error.ts'
import { fetchArchive } from './archive.ts'
import { createByComposer } from './composer.ts'
import { cloneGit, type Fetched } from './git.ts'
import type { Source } from './source.ts'

/**
 * Fetches a platform's code into `folder`, which is not there; it is to stand at `place`. A link that leads out of it is
 * refused: nginx would serve what this account owns through it. All may read the code, nobody but this account write it.
 */
export async function fetchSource(
  source: Source,
  {
    folder,
    place,
    composerHome,
    signal,
  }: { folder: string; place: string; composerHome: string; signal: AbortSignal },
): Promise<Fetched> {
  const fetched = await fetchInto(source, { folder, composerHome, signal })
  const [stray] = await findStrays(folder, place, { signal, limit: 1 })
  if (stray !== undefined)
    throw new ProvisionError(
      'PROVISION_SOURCE_REFUSED',
      `The code is not taken: ${JSON.stringify(stray)} leads out of it, or is no plain file.`,
    )
  await makeReadable(folder)
  return fetched
}

function fetchInto(
  source: Source,
  { folder, composerHome, signal }: { folder: string; composerHome: string; signal: AbortSignal },
): Promise<Fetched> {
  switch (source.type) {
    case 'git':
      return cloneGit(source, folder, signal)
    case 'archive':
      return fetchArchive(source, folder, signal)
    case 'composer':
      return createByComposer(source, folder, { composerHome, signal })
  }
}
