import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MemberCheck } from '../../provision/sources/archive.ts'
import { fetchSource } from '../../provision/sources/fetch-source.ts'
import { parseSource, type SourceOptions } from '../../provision/sources/source.ts'
import { aZip } from '../support/zip.ts'

const { signal } = new AbortController()
let folder = ''
const inFolder = (...parts: string[]): string => path.join(folder, ...parts)

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hosting-desk-sources-'))
  return () => rmSync(folder, { recursive: true, force: true })
})

function put(name: string, text: string, mode = 0o600): void {
  mkdirSync(path.dirname(inFolder(name)), { recursive: true })
  writeFileSync(inFolder(name), text, { mode })
}

/** Fetches into `code`, and expects that a failure leaves nothing beside it. */
async function fetchCode(options: Partial<SourceOptions>) {
  const source = parseSource({
    type: undefined,
    url: undefined,
    ref: undefined,
    checksum: undefined,
    mayRunScripts: false,
    ...options,
  })
  if (source === undefined) throw new Error('no source')
  const place = inFolder('code')
  const before = readdirSync(folder)
  try {
    return await fetchSource(source, {
      folder: place,
      place,
      composerHome: inFolder('composer'),
      signal,
    })
  } finally {
    const made = readdirSync(folder).filter((name) => !before.includes(name))
    expect(made.filter((name) => name !== 'code' && name !== 'composer')).toEqual([])
  }
}

describe('code from a git repository', () => {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', inFolder('repository'), ...args], {
      encoding: 'utf8',
      env: {
        ...process.env,
        GIT_AUTHOR_NAME: 'a',
        GIT_AUTHOR_EMAIL: 'a@a.test',
        GIT_COMMITTER_NAME: 'a',
        GIT_COMMITTER_EMAIL: 'a@a.test',
      },
    }).trim()
  const commit = (text: string): string => {
    put('repository/index.html', text)
    git('add', '-A')
    git('commit', '-q', '-m', text)
    return git('rev-parse', 'HEAD')
  }
  beforeEach(() => {
    mkdirSync(inFolder('repository'))
    git('init', '-q', '-b', 'main')
    put('repository/run.sh', '#!/bin/sh', 0o755)
    commit('first')
    git('tag', 'v1')
  })
  const url = () => inFolder('repository')

  test('is the newest of its branch, without the history, readable for all', async () => {
    const revision = commit('second')
    expect(await fetchCode({ type: 'git', url: url() })).toEqual({ revision, warnings: [] })
    expect(readFileSync(inFolder('code/index.html'), 'utf8')).toBe('second')
    expect(readdirSync(inFolder('code'))).toEqual(['index.html', 'run.sh'])
    expect(statSync(inFolder('code')).mode & 0o777).toBe(0o755)
    expect(statSync(inFolder('code/index.html')).mode & 0o777).toBe(0o644)
    expect(statSync(inFolder('code/run.sh')).mode & 0o777).toBe(0o755)
  })

  test('can be that of a tag', async () => {
    commit('second')
    await fetchCode({ type: 'git', url: `file://${url()}`, ref: 'v1' })
    expect(readFileSync(inFolder('code/index.html'), 'utf8')).toBe('first')
  })

  test('runs no hook of the account’s templates', async () => {
    put('templates/hooks/post-checkout', `#!/bin/sh\ntouch ${inFolder('ran')}\n`, 0o755)
    process.env['GIT_TEMPLATE_DIR'] = inFolder('templates')
    try {
      await fetchCode({ type: 'git', url: url() })
    } finally {
      delete process.env['GIT_TEMPLATE_DIR']
    }
    expect(existsSync(inFolder('ran'))).toBe(false)
  })

  test('is refused with a link that leads out of it', async () => {
    symlinkSync('../../secret', inFolder('repository/link'))
    commit('with a link')
    await expect(fetchCode({ type: 'git', url: url() })).rejects.toThrow('"link" leads out of it')
  })

  test('is refused where the branch is not there', async () => {
    await expect(fetchCode({ type: 'git', url: url(), ref: 'none' })).rejects.toThrow(
      /could not fetch the code: .*none/s,
    )
  })

  test.each(['ext::sh -c touch% /tmp/x', '-upload-pack=x', 'fd::17', '../x', 'host:x y', 'a\nb'])(
    'is not asked for at %j',
    async (bad) => {
      await expect(fetchCode({ type: 'git', url: bad })).rejects.toThrow(/source_url.* is not/)
    },
  )

  test.each(['-x', 'a..b', 'a b', '$x', ''])('has no branch %j', async (ref) => {
    await expect(fetchCode({ type: 'git', url: url(), ref })).rejects.toThrow(/source_ref/)
  })
})

describe('code from an archive', () => {
  let server: Server
  let served: Buffer = Buffer.alloc(0)
  let address = ''
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/code' }).end()
      else if (request.url === '/code') response.end(served)
      else response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  const sha = (bytes: Buffer, hash = 'sha256'): string =>
    createHash(hash).update(bytes).digest('hex')
  const fetchBytes = (bytes: Buffer, checksum = `sha256:${sha(bytes)}`, target = '/code') => {
    served = bytes
    return fetchCode({ type: 'archive', url: `${address}${target}`, checksum })
  }
  const tar = (...args: string[]): Buffer =>
    execFileSync('tar', ['-czP', '-C', inFolder('made'), ...args])

  test('is unpacked, out of its one folder, with modes that all can read', async () => {
    put('made/shop-1.2/index.html', 'page')
    put('made/shop-1.2/vendor/run', '#!/bin/sh', 0o700)
    symlinkSync('vendor/run', inFolder('made/shop-1.2/link'))
    await fetchBytes(tar('shop-1.2'), undefined, '/moved')
    expect(readFileSync(inFolder('code/index.html'), 'utf8')).toBe('page')
    expect(statSync(inFolder('code/vendor/run')).mode & 0o777).toBe(0o755)
    expect(statSync(inFolder('code/vendor')).mode & 0o777).toBe(0o755)
  })

  test('is taken as a zip, too, with any of the checksums', async () => {
    const long = 'x'.repeat(100_000)
    const bytes = aZip([
      { name: 'shop/', text: '' },
      { name: 'shop/index.php', text: '<?php' },
      { name: 'shop/deep/er/long.txt', text: long },
      { name: 'shop/empty', text: '' },
    ])
    await fetchBytes(bytes, sha(bytes, 'sha1'))
    expect(readFileSync(inFolder('code/index.php'), 'utf8')).toBe('<?php')
    expect(readFileSync(inFolder('code/deep/er/long.txt'), 'utf8')).toBe(long)
    expect(readFileSync(inFolder('code/empty'), 'utf8')).toBe('')
  })

  test('is refused with another checksum, without one, or where it is not there', async () => {
    put('made/index.html', 'page')
    const bytes = tar('index.html')
    await expect(fetchBytes(bytes, 'a'.repeat(64))).rejects.toThrow(`its sha256 is ${sha(bytes)}`)
    await expect(fetchCode({ type: 'archive', url: `${address}/code` })).rejects.toThrow(
      'An archive needs its checksum',
    )
    await expect(fetchBytes(bytes, 'md5:abc')).rejects.toThrow('source_checksum')
    await expect(fetchBytes(bytes, undefined, '/none')).rejects.toThrow('answers with 404')
    expect(existsSync(inFolder('code'))).toBe(false)
  })

  test.each<[string, () => Buffer]>([
    [
      'a name with a way up',
      () => {
        put('made/x', 'x')
        return tar('--transform', 's|^x|../../x|', 'x')
      },
    ],
    [
      'an absolute name',
      () => {
        put('made/x', 'x')
        return tar(inFolder('made/x'))
      },
    ],
    [
      'an absolute link',
      () => {
        mkdirSync(inFolder('made'))
        symlinkSync('/etc/passwd', inFolder('made/x'))
        return tar('x')
      },
    ],
    [
      'a link that leads out',
      () => {
        mkdirSync(inFolder('made/a'), { recursive: true })
        symlinkSync('../../x', inFolder('made/a/x'))
        return tar('a')
      },
    ],
    [
      'a named pipe',
      () => {
        mkdirSync(inFolder('made'))
        execFileSync('mkfifo', [inFolder('made/x')])
        return tar('x')
      },
    ],
    ['a zipped name with a way up', () => aZip([{ name: '../x', text: 'x' }])],
    ['a zipped absolute name', () => aZip([{ name: '/x', text: 'x' }])],
    ['a zipped link', () => aZip([{ name: 'x', text: '/etc/passwd', mode: 0o120777 }])],
    ['a zipped name with a backslash', () => aZip([{ name: '..\\x', text: 'x' }])],
    ['a member longer than it says', () => aZip([{ name: 'x', text: 'xxxx', saidBytes: 2 }])],
    ['no archive', () => Buffer.from('<html>not found</html>')],
    ['a cut archive', () => aZip([{ name: 'x', text: 'x' }]).subarray(0, 20)],
  ])('is refused with %s, and nothing of it stays', async (_, make) => {
    await expect(fetchBytes(make())).rejects.toMatchObject({ code: 'PROVISION_BAD_ARCHIVE' })
    expect(existsSync(inFolder('code'))).toBe(false)
  })

  test('is refused before it is unpacked where it does not fit', () => {
    const check = new MemberCheck(1000)
    check.take({ name: 'a', kind: 'file', target: '', sizeBytes: 900 })
    expect(() => check.take({ name: 'b', kind: 'file', target: '', sizeBytes: 101 })).toThrow(
      /more than the 1000 bytes that are free/,
    )
  })
})

describe('code by Composer', () => {
  test('is a project with its packages, and none of its scripts is run', async () => {
    put('packages/project/composer.json', JSON.stringify(project(inFolder('ran'))))
    put('packages/project/index.php', '<?php')
    put(
      'composer/config.json',
      JSON.stringify({
        repositories: [
          {
            type: 'path',
            url: inFolder('packages/project'),
            options: { symlink: false, versions: { 'acme/project': '1.2.0' } },
          },
          { packagist: false },
        ],
      }),
    )
    const fetched = await fetchCode({ type: 'composer', url: 'acme/project', ref: '^1' })
    expect(fetched.revision).toBe('1.2.0')
    expect(fetched.warnings.join()).toContain('scripts and plugins were off')
    expect(readFileSync(inFolder('code/index.php'), 'utf8')).toBe('<?php')
    expect(existsSync(inFolder('ran'))).toBe(false)
  })

  const project = (file: string) => ({
    name: 'acme/project',
    description: 'A project',
    license: 'MIT',
    scripts: {
      'post-create-project-cmd': `touch ${file}`,
      'post-install-cmd': `touch ${file}`,
      'post-root-package-install': `touch ${file}`,
    },
  })

  test.each(['-x', 'nothing', 'A/B', 'a/b --x', '../a'])('is not %j', async (url) => {
    await expect(fetchCode({ type: 'composer', url })).rejects.toThrow('source_url')
  })
})

test('a source with a password in its address is refused: it would be kept in the clear', async () => {
  const url = 'https://me:secret@git.example.test/shop.git'
  await expect(fetchCode({ type: 'git', url })).rejects.toThrow('no password')
})
