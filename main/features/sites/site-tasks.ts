import { toApplicationTitle } from '#shared/domain/applications.ts'
import type { Id, Json, JsonRecord } from '#shared/domain/json.ts'
import { toHostName } from '#shared/domain/names.ts'
import { toContext, type Backup, type Site } from '#shared/domain/objects.ts'
import type { FormField, FormProblems } from '#shared/domain/form.ts'
import { defineTaskType, type TaskTypeDefinition } from '../../hooks/feature.ts'
import type { ReadingHost } from '../../hooks/host.ts'
import { occasionOf } from './occasions.ts'
import { refusalForTarget } from './site-targets.ts'

type SiteTask = Omit<TaskTypeDefinition<'site'>, 'objectKind' | 'savesContext'> & {
  savesContext?: boolean
}

const siteTask = (definition: SiteTask): TaskTypeDefinition =>
  defineTaskType<'site'>({ objectKind: 'site', savesContext: false, ...definition })

/** A task that makes a backup: its server keeps beside it what is written of it, so that an import brings that back. */
const backingUp = (definition: SiteTask): TaskTypeDefinition =>
  siteTask({
    options: (site, values, host) => backupOptions(definition.type, site, values, host),
    ...definition,
  })

function backupOptions(
  type: string,
  site: Site,
  values: JsonRecord,
  host: ReadingHost,
): JsonRecord {
  // Aegir's backend keeps nothing of the kind.
  if (host.backend(site.backendId).dialect === 'aegir') return {}
  const typed = values['description']
  return { description: typeof typed === 'string' ? typed : occasionOf(type) }
}

const NOT_WHEN_DELETED = 'The site was deleted.'
const NOT_YET_INSTALLED = 'The site is not installed yet.'

/** Aegir's rule: what is not enabled can only be enabled or deleted. */
function refusalUnlessEnabled(site: Site): string | null {
  switch (site.status) {
    case 'enabled':
      return null
    case 'disabled':
      return site.url === null ? NOT_YET_INSTALLED : 'The site is disabled: enable it first.'
    case 'queued':
      return NOT_YET_INSTALLED
    case 'deleted':
      return NOT_WHEN_DELETED
  }
}

function refusalUnlessNew(site: Site): string | null {
  if (site.status === 'deleted') return NOT_WHEN_DELETED
  return site.url === null ? null : 'The site is installed already.'
}

/** What only some applications can do, as the platform's verify reported it. */
function refusalUnlessAble(site: Site, ability: Ability, host: ReadingHost): string | null {
  const platform = host.find('platform', site.platformId)
  if (platform?.abilities.includes(ability) === true) return null
  const application = platform?.application ?? null
  if (application === null)
    return 'What the platform carries is not known yet: verify the platform first.'
  return UNABLE[ability].get(application) ?? `${toApplicationTitle(application)} ${LACKS[ability]}`
}

type Ability = 'login-reset' | 'cron'
const UNABLE: Readonly<Record<Ability, ReadonlyMap<string, string>>> = {
  'login-reset': new Map([
    ['static', 'Static files have no accounts to log in to.'],
    ['php', 'The platform has no login.php, which makes login links.'],
  ]),
  cron: new Map([
    ['static', 'Static files have no regular work to do.'],
    ['php', 'The platform has no cron.php, which does the regular work.'],
  ]),
}
const LACKS: Readonly<Record<Ability, string>> = {
  'login-reset': 'makes no login links here.',
  cron: 'has no regular work to do here.',
}

const newNameField = (label: string, help: string, isRequired = true): FormField => ({
  name: 'newName',
  type: 'text',
  label,
  help,
  isRequired,
  maxLength: 235,
})

const platformField: FormField = {
  name: 'platformId',
  type: 'object',
  objectKind: 'platform',
  label: 'Platform',
  help: 'The present one where this is left empty.',
}

/** The host name that was typed, as it is kept; the site's own where the field was left empty. */
const newNameOf = (values: JsonRecord, site: Site): string =>
  (typeof values['newName'] === 'string' ? toHostName(values['newName']) : undefined) ?? site.name

const targetOf = (values: JsonRecord, site: Site, host: ReadingHost) =>
  host.get(
    'platform',
    typeof values['platformId'] === 'string' ? values['platformId'] : site.platformId,
  )

/** To whom the application writes: the site's client, else the operator (Aegir's took the author of the task). */
const clientEmail = ({ clientId }: Site, host: ReadingHost): Record<string, Json> => {
  const client = clientId === null ? undefined : host.find('client', clientId)
  return { client_email: client?.email ?? host.operatorEmail }
}

/** A move or a copy needs its target platform too. */
const usesTarget = (site: Site, values: JsonRecord, host: ReadingHost) => {
  const target = targetOf(values, site, host)
  return { exclusive: [], shared: [target.id, target.serverId] }
}

/** Problems of a new name and a target platform, each at its field. */
function checkTarget(values: JsonRecord, site: Site, host: ReadingHost): FormProblems {
  const problems: FormProblems = {}
  const typed = values['newName']
  if (typeof typed === 'string' && toHostName(typed) === undefined) {
    problems['newName'] =
      'This is no host name: letters, digits and hyphens, parts divided by dots.'
  }
  const refusal = refusalForTarget(values['platformId'], site, host)
  if (refusal !== null) problems['platformId'] = refusal
  return problems
}

/** A site that takes a new name may take one of its own aliases; a copy may not. */
function checkFreeName(
  values: JsonRecord,
  { site, for: objectId }: { site: Site; for: Id | null },
  host: ReadingHost,
): FormProblems {
  const name = newNameOf(values, site)
  if (name === site.name) return {}
  const refusal = host.refusalOfDomain(name, { for: objectId, backendId: site.backendId })
  return refusal === undefined ? {} : { newName: refusal }
}

/** The file of the backup that was chosen; none where none was, or where it is gone. */
const chosenFiles = (site: Site, values: JsonRecord, host: ReadingHost): string[] =>
  host
    .backupsOf(site.id)
    .filter(({ id }) => id === values['backup'])
    .map(({ file }) => file)

/** A copy may be made of a backup; Aegir's backend can only copy what is there now. */
function checkSourceOfCopy(values: JsonRecord, site: Site, host: ReadingHost): FormProblems {
  if (typeof values['backup'] !== 'string') return {}
  if (host.backend(site.backendId).dialect === 'aegir')
    return { backup: 'Aegir copies a site as it is now; choose no backup.' }
  return checkBackup(values, site, host)
}

const checkBackup = (values: JsonRecord, site: Site, host: ReadingHost): FormProblems =>
  chosenFiles(site, values, host).length > 0 ? {} : { backup: 'This backup is no longer there.' }

/** A name that a site had before it was deleted may be another's by now. */
function refusalUnlessDeleted(site: Site, host: ReadingHost): string | null {
  if (site.status !== 'deleted') return 'The site was not deleted.'
  if (host.backend(site.backendId).dialect === 'aegir')
    return 'Aegir’s backend makes no site again out of a backup.'
  if (host.backupsOf(site.id).length === 0) return 'There is no backup of it left.'
  const platform = host.find('platform', site.platformId)
  if (platform === undefined || platform.status === 'deleted') return 'Its platform was deleted.'
  return host.refusalOfDomain(site.name, { for: site.id, backendId: site.backendId }) ?? null
}

function chosenBackups(values: JsonRecord, site: Site, host: ReadingHost): Backup[] {
  const ids = Array.isArray(values['backups']) ? values['backups'] : []
  return host.backupsOf(site.id).filter(({ id }) => ids.includes(id))
}

/** Every task type of a site (Aegir's table of hosting_task types), in the order of their weights. */
export const siteTasks: readonly TaskTypeDefinition[] = [
  siteTask({
    type: 'install',
    title: 'Install',
    description: 'Make the site on its platform.',
    weight: -10,
    savesContext: true,
    refusal: refusalUnlessNew,
    options: (site, _values, host) => clientEmail(site, host),
  }),
  siteTask({
    type: 'import',
    title: 'Import',
    description: 'Take over a site that is on the server already.',
    weight: -5,
    isHidden: true,
    savesContext: true,
    form: {
      fields: [
        {
          name: 'file',
          type: 'text',
          label: 'Backup',
          help: 'Where a backup of the site lies on the server; its folder there where this is left empty.',
          maxLength: 1024,
        },
      ],
    },
    refusal: refusalUnlessNew,
    args: (_site, { file }) => (typeof file === 'string' ? [file] : []),
  }),
  siteTask({
    type: 'verify',
    title: 'Verify',
    description: 'Check the site and write its configuration anew.',
    weight: 0,
    savesContext: true,
    refusal: refusalUnlessEnabled,
  }),
  backingUp({
    type: 'backup',
    title: 'Back up',
    description: 'Make an archive from which the site can be restored.',
    weight: 10,
    hasDialog: true,
    form: {
      fields: [
        {
          name: 'description',
          type: 'text',
          label: 'Description',
          help: 'For the list of backups, for example “before the update”.',
          maxLength: 500,
        },
      ],
    },
    refusal: refusalUnlessEnabled,
  }),
  backingUp({
    type: 'restore',
    title: 'Restore',
    description: 'Go back to a backup. The site as it is now is backed up first.',
    weight: 20,
    hasDialog: true,
    form: { fields: [{ name: 'backup', type: 'backup', label: 'Backup', isRequired: true }] },
    validate: checkBackup,
    refusal: (site, host) =>
      refusalUnlessEnabled(site) ??
      (host.backupsOf(site.id).length > 0 ? null : 'The site has no backup yet.'),
    args: chosenFiles,
  }),
  backingUp({
    type: 'clone',
    title: 'Clone',
    description: 'Make a copy under another name.',
    weight: 30,
    hasDialog: true,
    form: {
      fields: [
        newNameField('Name of the copy', 'A host name, for example staging.example.com.'),
        platformField,
        {
          name: 'backup',
          type: 'backup',
          label: 'Out of which backup',
          help: 'The site as it is now where none is chosen.',
        },
      ],
    },
    validate: (values, site, host) => ({
      ...checkFreeName(values, { site, for: null }, host),
      ...(newNameOf(values, site) === site.name ? { newName: 'The copy needs another name.' } : {}),
      ...checkTarget(values, site, host),
      ...checkSourceOfCopy(values, site, host),
    }),
    refusal: refusalUnlessEnabled,
    uses: usesTarget,
    // Aegir's order: the name, then the platform (its migrate has them the other way round).
    args: (site, values, host) => [
      `@${newNameOf(values, site)}`,
      toContext(targetOf(values, site, host)),
      ...chosenFiles(site, values, host),
    ],
  }),
  backingUp({
    type: 'migrate',
    title: 'Migrate',
    description:
      'Move the site to another platform, and perhaps another name. It is backed up first.',
    weight: 40,
    hasDialog: true,
    form: {
      fields: [
        { ...platformField, isRequired: true, help: 'Where the site is to run from then on.' },
        newNameField('New name', 'The present one where this is left empty.', false),
      ],
    },
    validate: (values, site, host) => ({
      ...(values['platformId'] === site.platformId && newNameOf(values, site) === site.name
        ? { platformId: 'The site is on this platform already.' }
        : {}),
      ...checkFreeName(values, { site, for: site.id }, host),
      ...checkTarget(values, site, host),
    }),
    refusal: refusalUnlessEnabled,
    uses: usesTarget,
    args: (site, values, host) => [
      toContext(targetOf(values, site, host)),
      ...(newNameOf(values, site) === site.name ? [] : [`@${newNameOf(values, site)}`]),
    ],
  }),
  backingUp({
    type: 'rename',
    title: 'Rename',
    description: 'Give the site another name. It is backed up first.',
    weight: 50,
    command: 'migrate',
    hasDialog: true,
    form: { fields: [newNameField('New name', 'The present name stops working.')] },
    validate: (values, site, host) => ({
      ...checkFreeName(values, { site, for: site.id }, host),
      ...(newNameOf(values, site) === site.name ? { newName: 'This is the present name.' } : {}),
      ...checkTarget(values, site, host),
    }),
    refusal: refusalUnlessEnabled,
    args: (site, values, host) => [
      toContext(host.get('platform', site.platformId)),
      `@${newNameOf(values, site)}`,
    ],
  }),
  siteTask({
    type: 'login-reset',
    title: 'Log in',
    description: 'Make a link that logs in once.',
    weight: 60,
    refusal: (site, host) =>
      refusalUnlessEnabled(site) ?? refusalUnlessAble(site, 'login-reset', host),
    options: (site, _values, host) => clientEmail(site, host),
  }),
  siteTask({
    type: 'cron',
    title: 'Run cron',
    description: 'Let the application do its regular work now.',
    weight: 65,
    refusal: (site, host) => refusalUnlessEnabled(site) ?? refusalUnlessAble(site, 'cron', host),
  }),
  siteTask({
    type: 'disable',
    title: 'Disable',
    description: 'Take the site off the web; its files stay.',
    weight: 70,
    hasDialog: true,
    refusal: refusalUnlessEnabled,
  }),
  siteTask({
    type: 'enable',
    title: 'Enable',
    description: 'Put the site back on the web.',
    weight: 71,
    refusal(site) {
      if (site.status === 'disabled') return site.url === null ? NOT_YET_INSTALLED : null
      return site.status === 'enabled' ? 'The site is enabled already.' : refusalUnlessEnabled(site)
    },
  }),
  siteTask({
    type: 'undelete',
    title: 'Undelete',
    description: 'Make the deleted site again, out of one of its backups.',
    weight: 75,
    command: 'import',
    savesContext: true,
    hasDialog: true,
    form: { fields: [{ name: 'backup', type: 'backup', label: 'Backup', isRequired: true }] },
    validate: checkBackup,
    refusal: refusalUnlessDeleted,
    args: chosenFiles,
  }),
  siteTask({
    type: 'backup-delete',
    title: 'Delete backups',
    description: 'Remove archives from the server.',
    weight: 80,
    hasDialog: true,
    form: { fields: [{ name: 'backups', type: 'backups', label: 'Backups', isRequired: true }] },
    validate: (values, site, host): FormProblems =>
      chosenBackups(values, site, host).length > 0
        ? {}
        : { backups: 'These backups are no longer there.' },
    refusal: (site, host) =>
      host.backupsOf(site.id).length > 0 ? null : 'The site has no backup.',
    args: (site, values, host) => chosenBackups(values, site, host).map(({ file }) => file),
    // A server names backups by their files.
    valuesOf: ({ args }, site, host): JsonRecord => ({
      backups: host
        .backupsOf(site.id)
        .filter(({ file }) => args.includes(file))
        .map(({ id }) => id),
    }),
  }),
  backingUp({
    type: 'delete',
    title: 'Delete',
    description: 'Remove the site from its server. A last backup of it stays there.',
    weight: 90,
    forgetsContext: true,
    hasDialog: true,
    isDangerous: true,
    form: {
      fields: [
        {
          name: 'force',
          type: 'checkbox',
          label: 'Delete it even where no last backup can be made',
          help: 'For a site whose files cannot be read, or a full disk. What is deleted so cannot be brought back.',
          default: false,
        },
      ],
    },
    options: (site, values, host) => ({
      ...backupOptions('delete', site, values, host),
      ...(values['force'] === true ? { force: true } : {}),
    }),
    refusal: (site) => (site.status === 'deleted' ? NOT_WHEN_DELETED : null),
  }),
]
