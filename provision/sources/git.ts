import path from 'node:path'
import { kindOf, remove } from '../system/files.ts'
import { findProgram, runProgram } from '../system/process.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { Source } from './source.ts'

/** What the code that was fetched is exactly. */
export interface Fetched {
  revision: string | null
  warnings: readonly string[]
}

/** Nothing of a repository is run: no hook, no template, no helper of a protocol, and nobody is asked for a password. */
const ENVIRONMENT: Readonly<Record<string, string>> = {
  GIT_TERMINAL_PROMPT: '0',
  GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
  GIT_SSH_COMMAND: 'ssh -oBatchMode=yes',
  GIT_ASKPASS: '/bin/false',
}
const CONFIG = ['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'advice.detachedHead=false']

/** The newest state of a branch or tag, without its history, into a folder that is not there. */
export async function cloneGit(
  { url, ref }: Extract<Source, { type: 'git' }>,
  folder: string,
  signal: AbortSignal,
): Promise<Fetched> {
  const git = await findProgram('git')
  if (git === undefined)
    throw new ProvisionError(
      'PROVISION_NO_GIT',
      'There is no git on this server: install the package “git”.',
    )
  const run = (...args: string[]) =>
    runProgram([git, ...CONFIG.flatMap((line) => ['-c', line]), ...args], {
      signal,
      env: ENVIRONMENT,
    })
  const branch = ref === undefined ? [] : ['--branch', ref]
  const options = ['--depth', '1', '--single-branch', '--no-tags', '--template=', '--quiet']
  const clone = await run('clone', ...options, ...branch, '--', url, folder)
  if (clone.exitCode !== 0) throw gitFailed(clone.output)
  const head = await run('-C', folder, 'rev-parse', 'HEAD')
  const hasSubmodules = (await kindOf(path.join(folder, '.gitmodules'))) === 'file'
  // The history is of no use to a site, and would lie among what is served.
  await remove(path.join(folder, '.git'))
  return {
    revision: /^[0-9a-f]{40,64}$/.exec(head.output.trim())?.[0] ?? null,
    warnings: hasSubmodules ? ['The repository has submodules, which are left out.'] : [],
  }
}

const gitFailed = (output: string): ProvisionError =>
  new ProvisionError(
    /No space left/i.test(output) ? 'PROVISION_NO_SPACE' : 'PROVISION_SOURCE_FAILED',
    `git could not fetch the code: ${output.trim().slice(0, 600)}`,
  )
