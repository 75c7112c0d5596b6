import { findProgram, runProgram } from '../system/process.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { Fetched } from './git.ts'
import type { Source } from './source.ts'

/**
 * A project by Composer, into a folder that is not there. Scripts and plugins, which are code of other people that would
 * run as this account, are off unless the operator allowed them.
 */
export async function createByComposer(
  { name, version, mayRunScripts }: Extract<Source, { type: 'composer' }>,
  folder: string,
  { composerHome, signal }: { composerHome: string; signal: AbortSignal },
): Promise<Fetched> {
  const composer = await findProgram('composer')
  if (composer === undefined)
    throw new ProvisionError(
      'PROVISION_NO_COMPOSER',
      'There is no Composer on this server: install the package “composer”.',
    )
  const caution = mayRunScripts ? [] : ['--no-scripts', '--no-plugins']
  const { exitCode, output } = await runProgram(
    [
      composer,
      'create-project',
      ...['--no-interaction', '--no-dev', '--prefer-dist', '--no-progress', '--no-ansi'],
      ...caution,
      ...['--', name, folder],
      ...(version === undefined ? [] : [version]),
    ],
    { signal, env: { COMPOSER_HOME: composerHome, COMPOSER_PROCESS_TIMEOUT: '1800' } },
  )
  if (exitCode !== 0)
    throw new ProvisionError(
      /No space left/i.test(output) ? 'PROVISION_NO_SPACE' : 'PROVISION_SOURCE_FAILED',
      `Composer could not make the project: ${output.trim().slice(-800)}`,
    )
  return {
    revision: /Installing \S+ \(([^)\s]+)/.exec(output)?.[1] ?? null,
    warnings: mayRunScripts
      ? []
      : ['Composer’s scripts and plugins were off: a project that needs them is not whole.'],
  }
}
