import path from 'node:path'
import { findText, kindOf } from '../../system/files.ts'
import type { ForeignSite } from '../application.ts'
import { findDump } from '../foreign-dump.ts'

/** What of a WordPress that was made elsewhere becomes which folder of ours. */
const PARTS = ['uploads', 'plugins', 'themes', 'mu-plugins', 'languages']

/** A folder with `wp-content` and a dump, as people take it from another host. Its configuration is read, not run. */
export async function findForeignWordPress(folder: string): Promise<ForeignSite | undefined> {
  if ((await kindOf(path.join(folder, 'wp-content'))) !== 'folder') return undefined
  const config = (await findText(path.join(folder, 'wp-config.php'))) ?? ''
  const prefix = /^(?:<\?php)?\s*\$table_prefix\s*=\s*(['"])(\w{1,40})\1\s*;/m.exec(config)?.[2]
  return {
    dump: await findDump(folder),
    files: PARTS.map((name) => ({ from: `wp-content/${name}`, to: `content/${name}` })),
    facts: prefix === undefined ? {} : { tablePrefix: prefix },
  }
}
