import { execFileSync } from 'node:child_process'
import {
  linkSync,
  mkdirSync,
  readFileSync,
  lstatSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { unpackArchive } from '../../provision/system/archive.ts'
import { findStrays } from '../../provision/system/links.ts'
import { readArchive, type ArchiveEntry, WantedText } from '../../provision/system/tar-reader.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const { signal } = new AbortController()

async function read(file: string, wanted = './manifest.json') {
  const entries: ArchiveEntry[] = []
  const text = new WantedText(wanted)
  for await (const part of readArchive(file, signal)) {
    if (part.kind === 'entry') entries.push(part.entry)
    text.take(part)
  }
  return { entries, text: text.found }
}

/** A folder with names of all lengths and alphabets, links, and files of sizes around a block's. */
function aTree(): string {
  const folder = temporaryFolder()
  const deep = path.join(folder, 'site', ...Array.from({ length: 12 }, () => 'd'.repeat(40)))
  mkdirSync(deep, { recursive: true })
  writeFileSync(path.join(folder, 'manifest.json'), '{"a":"ä"}')
  for (const size of [0, 1, 511, 512, 513, 100_000])
    writeFileSync(path.join(folder, 'site', `size-${size}`), 'x'.repeat(size))
  writeFileSync(path.join(deep, 'e'.repeat(200)), 'deep')
  writeFileSync(path.join(folder, 'site', 'zażółć 🐙 "$(x)"'), 'name')
  writeFileSync(path.join(folder, 'site', 'line\nbreak'), 'name')
  symlinkSync('size-1', path.join(folder, 'site', 'link'))
  symlinkSync('t'.repeat(300), path.join(folder, 'site', 'long-link'))
  linkSync(path.join(folder, 'site', 'size-513'), path.join(folder, 'site', 'z-hard-link'))
  return folder
}

function pack(folder: string, format: string): string {
  const file = path.join(temporaryFolder(), 'one.tar.gz')
  const what = ['-C', folder, './manifest.json', './site']
  execFileSync('tar', [`--format=${format}`, '-czf', file, ...what])
  return file
}

describe('an archive', () => {
  test.each(['gnu', 'pax', 'oldgnu'])(
    'of tar’s format %s reads as tar lists it',
    async (format) => {
      const folder = aTree()
      const file = pack(folder, format)
      const { entries, text } = await read(file)
      expect(text).toBe('{"a":"ä"}')
      const listed = execFileSync('tar', ['--quoting-style=literal', '--null', '-tzf', file], {
        encoding: 'utf8',
      })
      expect(entries.map(({ name }) => name).join('\n')).toBe(listed.trimEnd())
      for (const { kind, name, sizeBytes } of entries) {
        const info = lstatSync(path.join(folder, name), { throwIfNoEntry: false })
        if (kind === 'file') expect([name, sizeBytes]).toEqual([name, info?.size])
        else expect(kind === 'folder').toBe(name.endsWith('/'))
      }
      const links = entries.filter(({ kind }) => kind === 'link').map(({ target }) => target)
      expect(links.sort()).toEqual(['size-1', 't'.repeat(300)])
      const hard = entries.filter(({ kind }) => kind === 'hard-link')
      expect(hard).toMatchObject([{ target: expect.stringMatching(/^\.\/site\//) as string }])
    },
  )

  test('with a sparse file or a device has members that are none of ours', async () => {
    const folder = aTree()
    truncateSync(path.join(folder, 'site/size-0'), 10_000_000)
    const file = path.join(temporaryFolder(), 'one.tar.gz')
    const what = ['-C', folder, './manifest.json', './site/size-0', '-C', '/dev', './null']
    execFileSync('tar', ['--format=gnu', '--sparse', '-czf', file, ...what])
    expect((await read(file)).entries.map(({ kind }) => kind)).toEqual(['file', 'other', 'other'])
  })

  test('without what is looked for has no text', async () => {
    expect((await read(pack(aTree(), 'gnu'), './other')).text).toBeUndefined()
  })

  test('cut at any block, or with any byte of a head changed, is found out', async () => {
    const bytes = gunzipSync(readFileSync(pack(aTree(), 'gnu')))
    const file = path.join(temporaryFolder(), 'cut.tar.gz')
    for (let at = 0; at <= 20_000; at += 512) {
      writeFileSync(file, gzipSync(bytes.subarray(0, at)))
      await expect(read(file)).rejects.toMatchObject({ code: 'PROVISION_BAD_ARCHIVE' })
    }
    for (let at = 0; at < 512; at += 7) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8((changed.readUInt8(at) + 1) % 256, at)
      writeFileSync(file, gzipSync(changed))
      await expect(read(file)).rejects.toMatchObject({ code: 'PROVISION_BAD_ARCHIVE' })
    }
  })

  test.each(['no archive', ''])('that is %j is found out', async (text) => {
    const file = path.join(temporaryFolder(), 'none.tar.gz')
    writeFileSync(file, text)
    await expect(read(file)).rejects.toMatchObject({ code: 'PROVISION_BAD_ARCHIVE' })
  })

  test('is read no further once we are stopped', async () => {
    const parts = readArchive(pack(aTree(), 'gnu'), AbortSignal.abort())
    await expect(parts.next()).rejects.toMatchObject({ code: 'PROVISION_CANCELLED' })
  })

  test('unpacks as tar itself unpacks it', async () => {
    const file = pack(aTree(), 'gnu')
    const [ours, theirs] = [temporaryFolder(), temporaryFolder()]
    await unpackArchive(readArchive(file, signal), ours, signal)
    execFileSync('tar', ['-xzf', file, '-C', theirs])
    execFileSync('diff', ['-r', '--no-dereference', ours, theirs])
  })

  test('is not unpacked to its end where it is not good to its end', async () => {
    const whole = readFileSync(pack(aTree(), 'gnu'))
    const file = path.join(temporaryFolder(), 'cut.tar.gz')
    for (const length of [10, 200, whole.length - 9, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, length))
      await expect(
        unpackArchive(readArchive(file, signal), temporaryFolder(), signal),
      ).rejects.toMatchObject({ code: 'PROVISION_BAD_ARCHIVE' })
    }
  })
})

describe('what leads out of a folder', () => {
  test.each([
    ['a', 'file', false],
    ['a', './file', false],
    ['a', 'missing', false],
    ['d/a', '../file', false],
    ['a', '/place/site/file', false],
    ['a', '/etc/hostname', true],
    ['a', '/place/site-other/file', true],
    ['a', '/place/site/../x', true],
    ['a', '../x', true],
    ['d/a', '../../x', true],
    ['a', 'hop/../../x', true],
    ['a', '..', true],
  ])('a link %s → %s: %s', async (name, target, isStray) => {
    const folder = path.join(temporaryFolder(), 'site')
    mkdirSync(path.join(folder, 'd'), { recursive: true })
    writeFileSync(path.join(folder, 'file'), '')
    writeFileSync(path.join(folder, '../x'), '')
    symlinkSync('d', path.join(folder, 'hop'))
    symlinkSync(target, path.join(folder, name))
    expect(await findStrays(folder, '/place/site', { signal })).toEqual(isStray ? [name] : [])
  })

  test('is told up to a limit, and a pipe is told too', async () => {
    const folder = temporaryFolder()
    for (const name of ['a', 'b', 'c']) execFileSync('mkfifo', [path.join(folder, name)])
    expect(await findStrays(folder, folder, { signal })).toHaveLength(3)
    expect(await findStrays(folder, folder, { signal, limit: 2 })).toHaveLength(2)
  })
})
