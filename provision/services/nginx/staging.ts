import path from 'node:path'
import { hiddenBeside, removal } from '../../steps/files.ts'
import type { Work } from '../../steps/step.ts'
import {
  ensureFolder,
  findOwner,
  findText,
  makeLink,
  namesIn,
  remove,
  writeAtomically,
} from '../../system/files.ts'
import { ProvisionError } from '../../system/provision-error.ts'
import { HEAD, type NginxFolders } from './config.ts'
import { getNginx, testConfiguration } from './master.ts'

/** A file of the configuration as it is to be; without text it is to be absent. */
export interface WantedFile {
  file: string
  text: string | undefined
  /** A virtual host that is to answer that its site is out of order. */
  isOff?: boolean
}

/**
 * Tests the configuration as it would be, with the real program and beside the one that is in force: a folder that holds
 * what is wanted, and links to all the rest. Nothing in force is touched. Throws PROVISION_NGINX_CONFIG; where nginx
 * refuses what is in force already, PROVISION_NGINX_BROKEN, which names the file and whose it is.
 */
export async function testStaged(
  work: Work,
  folders: NginxFolders,
  wanted: readonly WantedFile[],
): Promise<void> {
  const staged = hiddenBeside(folders.main, 'staged')
  await work.willUndo(removal.of({ path: staged }))
  try {
    await stage(staged, folders, wanted)
    const nginx = await getNginx()
    const inStaged = { ...folders, main: path.join(staged, path.basename(folders.main)) }
    const { isGood, output } = await testConfiguration(nginx, inStaged, work.signal)
    refuseConflicts(output, wanted)
    if (isGood) return
    const trouble = await findTrouble(folders, work.signal)
    throw trouble === undefined
      ? new ProvisionError(
          'PROVISION_NGINX_CONFIG',
          `nginx refuses its configuration: ${complaintsIn(output).replaceAll(staged, folders.root)}`,
        )
      : toBroken(trouble)
  } finally {
    await remove(staged)
  }
}

async function stage(
  staged: string,
  folders: NginxFolders,
  wanted: readonly WantedFile[],
): Promise<void> {
  await ensureFolder(path.join(staged, path.basename(folders.vhosts)))
  const vhosts = (await namesIn(folders.vhosts)).map((name) => path.join(folders.vhosts, name))
  const present = [folders.main, folders.listen, folders.listenTls, ...vhosts]
  const changed = new Map(wanted.map(({ file, text }) => [file, text]))
  for (const file of new Set([...present, ...changed.keys()])) {
    const place = path.join(staged, path.relative(folders.root, file))
    const text = changed.get(file)
    if (text !== undefined) await writeAtomically(place, text)
    else if (!changed.has(file)) await makeLink(file, place)
  }
}

/** Names that two server blocks claim: nginx only warns, and gives them to the first. */
function refuseConflicts(output: string, wanted: readonly WantedFile[]): void {
  const ours = wanted.map(({ text }) => text ?? '').join('\n')
  const names = [...output.matchAll(/conflicting server name "([^"\s]+)"/g)].map(([, name]) => name)
  const taken = names.find((name) => name !== undefined && ours.includes(` ${name}`))
  if (taken !== undefined)
    throw new ProvisionError(
      'PROVISION_NAME_TAKEN',
      `Another file of nginx’s configuration answers to ${taken} already.`,
    )
}

/** Why nginx refuses the configuration that it has, and whose the file is; undefined where it takes it. */
export async function findTrouble(
  folders: NginxFolders,
  signal: AbortSignal,
): Promise<{ complaint: string; whose: string } | undefined> {
  const { isGood, output } = await testConfiguration(await getNginx(), folders, signal)
  if (isGood) return undefined
  const complaint = complaintsIn(output)
  const [, file] = / in (\/[^\s:]+):\d+/.exec(complaint) ?? []
  return { complaint, whose: file === undefined ? '' : await describeOwner(file) }
}

const toBroken = ({ complaint, whose }: { complaint: string; whose: string }): ProvisionError =>
  new ProvisionError(
    'PROVISION_NGINX_BROKEN',
    `nginx refuses the configuration that it has, so nothing was changed: ${complaint}. ${whose}`.trim(),
  )

async function describeOwner(file: string): Promise<string> {
  const text = await findText(file).catch(() => undefined)
  if (text?.startsWith(HEAD)) return 'The file is ours, and was changed by hand: verify its site.'
  return `Hosting Desk did not write that file; it belongs to ${(await findOwner(file)) ?? 'nobody known'}. Put it right, or take it away.`
}

/** The lines in which nginx says why, without how it says it. */
function complaintsIn(output: string): string {
  const lines = output.split('\n').filter((line) => line.includes('[emerg]'))
  const said = lines.map((line) => line.replace(/^nginx: |\[emerg\] /g, '').trim())
  return (said.length > 0 ? said.join('; ') : output.trim()).slice(0, 1000)
}
