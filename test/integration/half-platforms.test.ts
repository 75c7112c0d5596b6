import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CodeHarness } from '../support/code-harness.ts'

const SITE = 'www.half.example'
const NEW = 'new.half.example'
const ASIDE = '.put-aside'

let desk: CodeHarness

beforeAll(async () => {
  desk = await CodeHarness.open({ name: 'hdhalf', slots: 2 })
  await desk.addPlatform('php')
  await desk.addPlatform('other')
  await desk.addPlatform('blog', '/usr/share/wordpress', 'rm wp-config.php')
  await desk.install(SITE, 'php')
  await desk.save(NEW, { context_type: 'site', platform: '@platform_php', uri: NEW })
}, 180_000)
afterAll(() => desk?.close())

/** While `work` is done, a platform lacks what the line of shell moves to `$aside` or spoils. */
async function lacking(platform: string, script: string, work: () => Promise<void>): Promise<void> {
  const folder = desk.inHome(`platforms/${platform}`)
  const whole = `${folder}${ASIDE}`
  execFileSync('sh', ['-ec', `cp -a "$1" "$2"; cd "$1"; ${script}`, 'sh', folder, whole])
  try {
    await work()
  } finally {
    execFileSync('sh', ['-ec', 'rm -r "$1"; mv "$2" "$1"', 'sh', folder, whole])
  }
}

/** What a refusal says; nothing is changed by it. */
async function refused(name: string, context: string, ...args: string[]): Promise<string> {
  const before = desk.state()
  const { result } = await desk.fail('PROVISION_PLATFORM_INCOMPLETE', name, context, ...args)
  expect(desk.state()).toEqual(before)
  return result.errorMessage ?? ''
}

const CASES: readonly [platform: string, script: string, lacks: string][] = [
  ['blog', 'rm wp-load.php', 'it lacks wp-load.php:'],
  ['blog', 'rm -r wp-admin', 'it lacks wp-admin/index.php, wp-admin/includes/upgrade.php'],
  ['blog', 'rm wp-includes/class-wp-query.php', 'it lacks wp-includes/class-wp-query.php:'],
  ['blog', 'rm wp-admin/includes/schema.php', 'it lacks wp-admin/includes/schema.php:'],
  ['blog', 'rm -r wp-includes', 'it lacks wp-includes/version.php, '],
  ['blog', ': >wp-includes/version.php', 'has only a part of WordPress: bring its files'],
  ['php', 'rm index.php', 'it lacks index.php: bring its files there again, and verify'],
  ['php', ': >index.php', 'it lacks what is in index.php: bring its files'],
]

describe('code that is there in part only', () => {
  test.each(CASES)(
    'of %s, where %s: its verify says what is missing',
    async (name, script, lacks) => {
      await lacking(name, script, async () => {
        expect(await refused('verify', `platform_${name}`)).toContain(lacks)
      })
      await desk.succeed('verify', `platform_${name}`)
    },
  )

  test.each(CASES.filter(([platform, script]) => platform === 'php' || script.includes('class')))(
    'of %s, where %s since it was verified: no site comes to it, and nothing is changed',
    async (name, script, lacks) => {
      await desk.save(NEW, { platform: `@platform_${name}` })
      await lacking(name, script, async () => {
        expect(await refused('install', NEW)).toContain(lacks)
      })
    },
  )

  test('is no target of a clone, a migration or an import', async () => {
    const file = (await desk.succeed('backup', SITE)).result.data['file'] as string
    await desk.save(NEW, { platform: '@platform_other' })
    await lacking('other', 'rm index.php', async () => {
      const copy = '@copy.half.example'
      expect(await refused('clone', SITE, copy, '@platform_other')).toContain('it lacks index.php')
      expect(await refused('migrate', SITE, '@platform_other')).toContain('it lacks index.php')
      expect(await refused('import', NEW, file)).toContain('it lacks index.php')
    })
    await desk.succeed('import', NEW, file)
    await desk.succeed('delete', NEW)
  })

  test('carries sites again once it is whole', async () => {
    for (const name of ['php', 'blog']) {
      await desk.install(NEW, name)
      expect((await desk.fetch(NEW))?.status).toBe(200)
      await desk.succeed('delete', NEW)
    }
  })
})
