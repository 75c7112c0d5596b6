import { describe, expect, test } from 'vitest'
import {
  describeSource,
  parsePackages,
  parseSourceOptions,
  PlatformSource,
  toSourceOptions,
} from '#shared/domain/platform-source.ts'

const SOURCES: PlatformSource[] = [
  { type: 'folder' },
  { type: 'git', url: 'git@git.example.com:shop/shop.git', ref: null },
  { type: 'git', url: 'https://git.example.com/shop.git', ref: 'release/1.2' },
  { type: 'archive', url: 'https://example.com/a.tar.gz?x=1', checksum: 'a'.repeat(64) },
  { type: 'composer', package: 'drupal/recommended-project', version: '^11', mayRunScripts: true },
]

describe('where the code of a platform comes from', () => {
  test.each(SOURCES)('reads back from what a context keeps: $type', (source) => {
    expect(parseSourceOptions(toSourceOptions(source))).toEqual(source)
    expect(describeSource(source)).not.toBe('')
  })

  test('counts as a folder where it does not read', () => {
    expect(parseSourceOptions({ source_type: 'git', source_url: 'ext::sh' })).toEqual({
      type: 'folder',
    })
  })

  test('takes empty fields for what was not said', () => {
    const typed = { type: 'git', url: ' https://a.test/x.git ', ref: '  ' }
    expect(PlatformSource.parse(typed)).toMatchObject({ url: 'https://a.test/x.git', ref: null })
  })

  test.each<[object, RegExp]>([
    [{ type: 'git', url: '', ref: '' }, /needs the address/],
    [{ type: 'git', url: 'ext::sh -c x', ref: '' }, /no spaces/],
    [{ type: 'git', url: 'ext::sh', ref: '' }, /A repository is at/],
    [{ type: 'git', url: '-x', ref: '' }, /A repository is at/],
    [{ type: 'git', url: 'https://me:secret@a.test/x', ref: '' }, /No password belongs here/],
    [{ type: 'git', url: 'https://a.test/x', ref: '--upload-pack' }, /branch or a tag/],
    [{ type: 'git', url: 'https://a.test/x', ref: 'a..b' }, /branch or a tag/],
    [{ type: 'archive', url: 'ftp://a.test/x', checksum: 'a'.repeat(64) }, /https:\/\//],
    [{ type: 'archive', url: 'https://a.test/x', checksum: 'abc' }, /SHA-256/],
    [{ type: 'archive', url: 'https://a.test/x', checksum: '' }, /SHA-256/],
    [{ type: 'composer', package: 'drupal', version: '' }, /vendor\/name/],
    [{ type: 'composer', package: 'a/b', version: '^1; x' }, /no version/],
  ])('is refused with the reason: %j', (source, reason) => {
    expect(PlatformSource.safeParse(source).error?.issues[0]?.message).toMatch(reason)
  })
})

test('of the packages that a server reports, those that do not read are left out', () => {
  const good = { type: 'module', name: 'views', title: 'Views', version: null }
  expect(parsePackages([good, { ...good, type: 'virus' }, null, 'x'])).toEqual([good])
  expect(parsePackages('x')).toEqual([])
  expect(parsePackages(Array.from({ length: 5000 }, () => good))).toHaveLength(2000)
})
