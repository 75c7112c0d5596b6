import { describe, expect, test } from 'vitest'
import { findCommands, type Command, type CommandGroup } from '../../renderer/lib/palette.ts'
import { SETTING_PLACES, SWITCHES, TEXTS } from '../../renderer/lib/settings-words.ts'

const aCommand = (label: string, changed: Partial<Command> = {}): Command => ({
  label,
  icon: 'i-lucide-zap',
  ...changed,
})
const aGroup = (
  label: string,
  commands: Command[],
  changed: Partial<CommandGroup> = {},
): CommandGroup => ({ id: label, label, commands, ...changed })

/** What is shown, a group a line: “Sites: shop.example.com”. */
const shown = (groups: CommandGroup[], search: string): string[] =>
  findCommands(groups, search).map(
    ({ label, commands }) => `${label}: ${commands.map((one) => one.label).join(', ')}`,
  )

describe('the palette', () => {
  test('has the name that begins so before actions that merely name it, and what is greyed last', () => {
    const about = { suffix: 'shop.example.com' }
    const here = aGroup('On this page', [
      aCommand('Install', { ...about, refusal: 'It is installed already.' }),
      aCommand('Verify', about),
    ])
    const sites = aGroup('Sites', [aCommand('shop.example.com')], { isFound: true })
    expect(shown([here, sites], 'shop')).toEqual([
      'Sites: shop.example.com',
      'On this page: Verify',
      'Not possible now: Install',
    ])
  })

  test('has an action before tasks of old, however well these match', () => {
    const tasks = aGroup('Tasks', [aCommand('Install')], { isFound: true, isPast: true })
    const actions = aGroup('Actions', [aCommand('Install a site'), aCommand('Add a server')])
    expect(shown([tasks, actions], 'install')).toEqual([
      'Actions: Install a site',
      'Tasks: Install',
    ])
  })

  test('has the better match first in a group, and before other groups', () => {
    const actions = aGroup('Actions', [aCommand('See sites'), aCommand('Site backup')])
    const pages = aGroup('Pages', [aCommand('Site')])
    expect(shown([actions, pages], 'site')).toEqual([
      'Pages: Site',
      'Actions: Site backup, See sites',
    ])
  })

  test('keeps what somebody else found, and nothing else that does not match', () => {
    const tagged = aGroup('Sites', [aCommand('www.example.com')], { isFound: true })
    const stale = aGroup('Servers', [aCommand('web1')])
    expect(shown([tagged, stale], 'shop')).toEqual(['Sites: www.example.com'])
  })

  test('shows everything in the order given where nothing is searched for', () => {
    const groups = [
      aGroup('Pages', [aCommand('Tasks'), aCommand('Sites')]),
      aGroup('Actions', [aCommand('Add')]),
    ]
    expect(shown(groups, ' ')).toEqual(['Pages: Tasks, Sites', 'Actions: Add'])
  })
})

describe('a setting is found', () => {
  const settings = aGroup(
    'Settings',
    SETTING_PLACES.map(({ label, words }) => aCommand(label, { words })),
  )

  test.each([
    ['mail address', TEXTS.email],
    ['email', TEXTS.email],
    ['crontab', 'While Hosting Desk is closed'],
    ['frequency', TEXTS.queues],
    ['autostart', SWITCHES['start.isAtLogin'].label],
    ['notifications', SWITCHES['notify.isSilent'].label],
    ['do not disturb', SWITCHES['notify.isSilent'].label],
    ['known hosts', TEXTS.keys],
    ['known_hosts', TEXTS.keys],
    ['fingerprint', TEXTS.keys],
    ['data folder', TEXTS.folder],
    ['export', TEXTS.export],
    ['passphrase', TEXTS.export],
    ['import', TEXTS.import],
  ])('by “%s”: %s', (search, label) => {
    expect(
      findCommands([settings], search).flatMap(({ commands }) => commands.map((one) => one.label)),
    ).toContain(label)
  })

  test.each(Object.values(SWITCHES).map(({ label }) => label))('by its own words: %s', (label) => {
    expect(findCommands([settings], label)).toHaveLength(1)
  })
})
