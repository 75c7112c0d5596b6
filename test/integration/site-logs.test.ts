import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { SiteHarness } from '../support/provision-site.ts'

let harness: SiteHarness
beforeAll(async () => {
  harness = await SiteHarness.open()
})
afterAll(() => harness.close())

interface Page {
  which: string
  lines: string[]
  from: number
  to: number
  sizeBytes: number
  changedAt: number | null
}
const read = async (...args: (string | number)[]): Promise<Page> => {
  const { result } = await harness.succeed('logs', harness.site, ...args.map(String))
  return result.data as unknown as Page
}
const file = (name: string): string => harness.inHome('nginx/log', `${harness.site}.${name}`)

describe('the logs of a site', () => {
  test('are read from their end, page by page, and have no visits of ours', async () => {
    for (let number = 0; number < 5; number++)
      await harness.fetch(harness.site, `/?visit=${number}`)
    const page = await eventually(async () => {
      const found = await read('access', 2)
      expect(found.lines[1]).toContain('visit=4')
      return found
    })
    expect(page.lines).toHaveLength(2)
    expect(page).toMatchObject({ which: 'access', to: page.sizeBytes })
    const earlier = await read('access', 2, page.from)
    expect(earlier.lines.map((line) => /visit=(\d)/.exec(line)?.[1])).toEqual(['1', '2'])
    await harness.succeed('verify', harness.site)
    expect((await read('access', 1000)).lines.join()).not.toContain('hosting-desk')
    expect((await read('error', 10)).lines).toEqual([])
  })

  test('show by its number what a visitor sent to deceive a terminal or a page', async () => {
    writeFileSync(file('error.log'), 'a\u001b[31mred\u202eback\n', { flag: 'a' })
    const { lines } = await read('error', 10)
    expect(lines.at(-1)).toBe('a\\u{1b}[31mred\\u{202e}back')
  })

  test('are bounded, however long their lines are', async () => {
    writeFileSync(file('error.log'), `${'y'.repeat(500_000)}\nlast\n`, { flag: 'a' })
    const { lines } = await read('error', 1000)
    expect(lines.at(-1)).toBe('last')
    expect(lines.join('').length).toBeLessThan(10_000)
  })

  test.each([['none'], ['access', 'x'], ['access', '1', '-1'], ['../../x']])(
    'are not asked for by %j',
    async (...args: string[]) => {
      const { result } = await harness.command('logs', harness.site, ...args)
      expect(result.errorCode).toBe('PROVISION_USAGE')
    },
  )

  test('are rotated once a day, packed, and pruned; nginx goes on in a new file', async () => {
    const mark = harness.inHome('nginx/run/rotated')
    for (let day = 1; day <= 16; day++) {
      // A worker that has not opened the new file yet still writes into the one that was renamed.
      await eventually(async () => {
        await harness.fetch(harness.site, `/?day=${day}`)
        expect(readFileSync(file('access.log'), 'utf8')).toContain(`day=${day}`)
      })
      writeFileSync(mark, '2020-01-01\n')
      const { result } = await harness.account.run(['dispatch'])
      expect(result.isOk).toBe(true)
      expect(readFileSync(file('access.log.1'), 'utf8')).toContain(`day=${day}`)
    }
    const names = readdirSync(harness.inHome('nginx/log')).filter((name) =>
      name.startsWith(`${harness.site}.access.log.`),
    )
    expect(names).toHaveLength(14)
    expect(names.filter((name) => name.endsWith('.gz'))).toHaveLength(13)
    const packed = execFileSync('gzip', ['-dc', file('access.log.2.gz')], { encoding: 'utf8' })
    expect(packed).toContain('day=15')
    expect(statSync(file('access.log.2.gz')).mode & 0o777).toBe(0o600)
    const before = readFileSync(file('access.log.1'), 'utf8')
    await harness.account.run(['dispatch'])
    expect(readFileSync(file('access.log.1'), 'utf8')).toBe(before)
  })

  test('go with the site, those of past days too', async () => {
    await harness.succeed('delete', harness.site)
    expect(
      readdirSync(harness.inHome('nginx/log')).filter((one) => one.includes(harness.site)),
    ).toEqual([])
    expect(existsSync(harness.inHome('nginx/log/error.log'))).toBe(true)
  })
})
