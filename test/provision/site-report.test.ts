import { describe, expect, test } from 'vitest'
import { parseSiteReport } from '#shared/domain/site-report.ts'
import type { Json } from '#shared/domain/json.ts'
import { parseStatus } from '../../provision/applications/site-report.ts'

const COMMON = {
  php: { version: '8.2.1', memoryLimit: '256M', uploadLimit: '64M', maxSeconds: 60 },
  database: { isAnswering: true, version: '10.11' },
}

describe('what a site says of itself', () => {
  test('is taken where it is of the right form', () => {
    const own = {
      version: '6.1',
      isInMaintenance: true,
      pendingUpdates: 2,
      packages: [
        { type: 'theme', name: 'b', title: 'B', version: '1' },
        { type: 'core', name: 'a', title: 'A', version: '6.1' },
      ],
    }
    expect(parseStatus(COMMON, own)).toEqual({
      ...COMMON,
      ...own,
      packages: [own.packages[1], own.packages[0]],
    })
  })

  const HOSTILE: readonly Json[] = [
    null,
    7,
    'text',
    [],
    {},
    { php: [], database: 'yes', packages: {} },
    { php: { version: {}, maxSeconds: -1 }, database: { isAnswering: 'true' } },
    { version: ['6.1'], isInMaintenance: 1, pendingUpdates: 1e9, packages: [null, 7, [], {}] },
    {
      pendingUpdates: 1.5,
      packages: [
        { type: '__proto__', name: 'x' },
        { type: 'core', name: '' },
      ],
    },
    JSON.parse('{"__proto__": {"version": "6.1"}, "php": {"__proto__": {"version": "8"}}}') as Json,
  ]

  test.each(HOSTILE.map((said) => [said]))('is nothing where it is %j', (said) => {
    const report = parseStatus(said, said)
    expect(report).toEqual({
      version: null,
      php: { version: null, memoryLimit: null, uploadLimit: null, maxSeconds: null },
      database: { isAnswering: false, version: null },
      isInMaintenance: null,
      pendingUpdates: null,
      packages: [],
    })
    expect(parseSiteReport(report)).toEqual(report)
  })

  test('is one line of text without signs that are not seen, and short', () => {
    const version = `\u001b[31m6\u0000.1\n\u202e${'9'.repeat(100_000)}`
    const name = 'n'.repeat(100_000)
    const { packages, ...report } = parseStatus(COMMON, {
      version,
      packages: [{ type: 'module', name, title: version, version }],
    })
    expect(report.version).toMatch(/^\[31m6\.19{9,}$/)
    for (const text of [report.version, ...Object.values(packages[0] ?? {})])
      expect(text?.length).toBeLessThanOrEqual(100)
    expect(parseSiteReport({ ...report, packages })).not.toBeNull()
  })

  test('has each package once, and no more of them than are kept', () => {
    const one = { type: 'plugin', name: 'same', title: 'Same', version: '1' }
    expect(parseStatus(COMMON, { packages: [one, one] }).packages).toEqual([one])
    const many = Array.from({ length: 100_000 }, (_, index) => ({ ...one, name: `${index}` }))
    const report = parseStatus(COMMON, { packages: many })
    expect(report.packages.length).toBeLessThanOrEqual(1000)
    expect(parseSiteReport(report)).toEqual(report)
  })
})
