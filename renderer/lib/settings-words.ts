import type { SettingName, SettingValue } from '#shared/domain/settings.ts'

/** All texts of the settings pages. */
export const SECTIONS = [
  { path: 'general', label: 'General', icon: 'i-lucide-sliders-horizontal' },
  { path: 'notifications', label: 'Notifications', icon: 'i-lucide-bell' },
  { path: 'keys', label: 'Keys and hosts', icon: 'i-lucide-key-round' },
  { path: 'data', label: 'Data', icon: 'i-lucide-database' },
] as const
export type SectionPath = (typeof SECTIONS)[number]['path']

interface Choice<Name extends SettingName> {
  value: SettingValue<Name>
  label: string
}
export const COLOURS: Choice<'appearance.colours'>[] = [
  { value: 'system', label: 'Like the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
]
export const TEXT_SIZES: Choice<'appearance.textSize'>[] = [
  { value: 'compact', label: 'Compact' },
  { value: 'normal', label: 'Normal' },
  { value: 'large', label: 'Large' },
]

/** A setting that is on or off: what it says, and what it means. */
export interface SwitchWords {
  label: string
  help: string
}
type SwitchName = {
  [Name in SettingName]: SettingValue<Name> extends boolean ? Name : never
}[SettingName]

export const SWITCHES = {
  'start.isAtLogin': {
    label: 'Start when I log in',
    help: 'In the tray, without a window. Queues run and backups are made while you work.',
  },
  'notify.isOfEnds': {
    label: 'My tasks have ended',
    help: 'What you started, while the window is not in front.',
  },
  'notify.isOfFailures': {
    label: 'A task has failed',
    help: 'Also one that a queue or a server started.',
  },
  'notify.isOfNeeds': {
    label: 'A server needs me',
    help: 'For its password, or because it shows a host key that you have not compared.',
  },
  'notify.isSilent': {
    label: 'Do not disturb',
    help: 'No notification at all until this is off again. The tray and the overview show everything all the same.',
  },
} as const satisfies Partial<Record<SwitchName, SwitchWords>>
export type WordedSwitch = keyof typeof SWITCHES

export const TEXTS = {
  email: 'Your mail address',
  emailHelp:
    'Applications write to it where a site’s client has no address. Empty: they write to nobody.',
  appearance: 'Appearance',
  colours: 'Colours',
  textSize: 'Text size',
  dispatch: 'Dispatch',
  dispatchOn: 'Tasks start by themselves as their turn comes.',
  dispatchPaused: 'Nothing starts until dispatch is resumed. What runs goes on.',
  queues: 'Queues',
  queuesHelp: 'How often each queue runs, and how many tasks at once',
  features: 'Features and extensions',
  featuresHelp: 'What Hosting Desk can do, and extensions of your own',
  start: 'Start',
  startElsewhere:
    'Hosting Desk runs without a window here. Your system’s own means start it, for example a service of your account.',
  notifications: 'Tell me when',
  noNotifications: 'Notifications are shown by the desktop application; this is a browser’s page.',
  keys: 'Host keys',
  keysHelp:
    'A server proves with its key that it is itself. Once a key is removed, its fingerprint is asked about again before anything is sent there. Keys of ~/.ssh/known_hosts are read too, and never changed.',
  noKeys: 'None yet. The first connection to a server shows its fingerprint and asks.',
  unusedKey: 'no server here',
  seenKey: 'Seen: it stands in ~/.ssh/known_hosts. Nobody has compared it here.',
  folder: 'Data folder',
  export: 'Export',
  exportHelp:
    'Servers, platforms, sites, clients, tasks, settings, trusted host keys and passwords, as one file that only your passphrase opens. Logs of tasks, keys in ~/.ssh and what lies on servers are not in it.',
  exportDone: 'The file was handed to your downloads.',
  passphrase: 'Passphrase',
  passphraseHelp: 'At least 12 characters. Nobody can open the file without it.',
  passphraseAgain: 'Once more',
  passphraseDiffers: 'The two are not the same.',
  passphraseShort: 'A passphrase needs at least 12 characters.',
  import: 'Import',
  importHelp:
    'Puts what was exported in the place of everything here. A copy of what is here now is kept in the data folder.',
  chooseFile: 'File',
  replace: 'Replace everything that is here now',
} as const

/** What came of an import, in a sentence. */
export function toImportText(outcome: {
  servers: number
  platforms: number
  sites: number
  tasks: number
  secretsLeft: number
  keptAs: string | null
}): string {
  const count = (number: number, one: string): string =>
    `${number.toLocaleString('en')} ${one}${number === 1 ? '' : 's'}`
  const { servers, platforms, sites, tasks, secretsLeft, keptAs } = outcome
  return [
    `${count(servers, 'server')}, ${count(platforms, 'platform')}, ${count(sites, 'site')} and ${count(tasks, 'task')} are here now.`,
    secretsLeft > 0
      ? `${count(secretsLeft, 'password')} cannot be kept here; each is asked for when it is needed.`
      : '',
    keptAs === null ? '' : `What was here before is kept as ${keptAs}.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ')
}

/** A setting as it is searched for: what it is called, where it is set, and what else a person may call it. */
export interface SettingPlace {
  label: string
  section: SectionPath
  /** Where it is set, if not on the page of its section. */
  to?: string
  words: string
}

/** Every setting that has a place of its own; colours and text size are chosen at once (COLOURS, TEXT_SIZES). */
export const SETTING_PLACES: readonly SettingPlace[] = [
  { label: TEXTS.email, section: 'general', words: 'e-mail email operator you account' },
  { label: TEXTS.dispatch, section: 'general', words: 'pause paused resume start tasks' },
  {
    label: TEXTS.queues,
    section: 'general',
    to: '/queues',
    words: 'frequency items threads how often at once limit schedule',
  },
  {
    label: 'While Hosting Desk is closed',
    section: 'general',
    to: '/queues',
    words: 'crontab cron background recurring work',
  },
  {
    label: TEXTS.features,
    section: 'general',
    to: '/features',
    words: 'plugins add-ons addons modules',
  },
  {
    label: SWITCHES['start.isAtLogin'].label,
    section: 'general',
    words: 'autostart startup launch boot at login tray background',
  },
  ...(['notify.isOfEnds', 'notify.isOfFailures', 'notify.isOfNeeds'] as const).map(
    (name): SettingPlace => ({
      label: `${TEXTS.notifications} ${lowerFirst(SWITCHES[name].label)}`,
      section: 'notifications',
      words: 'notifications notify alerts messages',
    }),
  ),
  {
    label: SWITCHES['notify.isSilent'].label,
    section: 'notifications',
    words: 'notifications dnd quiet silent silence mute off',
  },
  {
    label: TEXTS.keys,
    section: 'keys',
    words: 'known hosts known_hosts ssh fingerprint fingerprints trusted',
  },
  { label: TEXTS.folder, section: 'data', words: 'directory path disk space size where' },
  {
    label: TEXTS.export,
    section: 'data',
    words: 'passphrase everything save file download backup of hosting desk transfer',
  },
  {
    label: TEXTS.import,
    section: 'data',
    words: 'passphrase everything load file upload restore replace transfer',
  },
]

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
