import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import { eventually } from '../support/eventually.ts'
import { SiteHarness } from '../support/provision-site.ts'
import { aZip } from '../support/zip.ts'

let harness: SiteHarness
let server: Server
let served: Buffer = Buffer.alloc(0)
let address = ''
/** While it is set the server answers with half of what it has, and waits. */
let isSlow = false

beforeAll(async () => {
  harness = await SiteHarness.open()
  server = createServer((_request, response) => {
    if (!isSlow) return response.end(served)
    response.writeHead(200, { 'content-length': served.length })
    return response.write(served.subarray(0, served.length / 2))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/code.zip`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await harness.close()
})

const save = (name: string, facts: JsonRecord) =>
  harness.account.save(name, { context_type: 'platform', server: '@server_a', ...facts })

function serveZip(members: Readonly<Record<string, string>>): JsonRecord {
  served = aZip(Object.entries(members).map(([name, text]) => ({ name, text })))
  const hex = createHash('sha256').update(served).digest('hex')
  return { source_type: 'archive', source_url: address, source_checksum: `sha256:${hex}` }
}

/** A git repository of the account's own. */
function makeRepository(files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) harness.account.put(`repository/${name}`, text)
  const folder = harness.inHome('repository')
  const { uid, gid } = statSync(folder)
  const git = (...args: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@a.test', ...args], {
      cwd: folder,
      uid,
      gid,
      env: { PATH: process.env['PATH'], HOME: harness.account.home },
    })
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-q', '-m', 'first')
  return folder
}

describe('a platform whose code is fetched', () => {
  test('from git is verified, carries a site, keeps its code, and takes it along', async () => {
    const url = makeRepository({ 'public/index.html': 'from git', 'README.md': 'x' })
    await save('platform_git', { root: '~/code/git', source_type: 'git', source_url: url })
    const { result } = await harness.succeed('verify', 'platform_git')
    expect(result.data).toMatchObject({
      application: 'static',
      root: harness.inHome('code/git/public'),
      revision: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
    })
    expect(statSync(harness.inHome('code/git')).mode & 0o777).toBe(0o755)

    await harness.account.save('git.test', {
      context_type: 'site',
      platform: '@platform_git',
      uri: 'git.test',
    })
    await harness.succeed('install', 'git.test')
    expect(await harness.fetch('git.test')).toMatchObject({ body: 'from git' })

    makeRepository({ 'public/index.html': 'newer' })
    await save('platform_git', { source_ref: 'main' })
    const again = await harness.succeed('verify', 'platform_git')
    expect(JSON.stringify(again.events)).toContain('stays: make a platform of the other code')
    expect(readFileSync(harness.inHome('code/git/public/index.html'), 'utf8')).toBe('from git')

    const refused = await harness.command('delete', 'platform_git')
    expect(refused.result.errorCode).toBe('PROVISION_PLATFORM_HAS_SITES')
    await harness.succeed('delete', 'git.test')
    await harness.succeed('delete', 'platform_git')
    expect(existsSync(harness.inHome('code/git'))).toBe(false)
  })

  test('leaves its code to another platform that stands in it', async () => {
    const source = serveZip({ 'index.html': 'outer', 'inner/index.html': 'inner' })
    await save('platform_outer', { root: '~/code/outer', ...source })
    await harness.succeed('verify', 'platform_outer')
    await save('platform_inner', { root: '~/code/outer/inner' })
    await harness.succeed('verify', 'platform_inner')
    const { events } = await harness.succeed('delete', 'platform_outer')
    expect(JSON.stringify(events)).toContain('also of @platform_inner')
    expect(readFileSync(harness.inHome('code/outer/inner/index.html'), 'utf8')).toBe('inner')
    await harness.succeed('delete', 'platform_inner')
  })

  test('is refused where there is a folder already, which stays', async () => {
    harness.account.put('code/mine/index.html', 'mine')
    await save('platform_mine', { root: '~/code/mine', ...serveZip({ 'index.html': 'x' }) })
    const { result } = await harness.command('verify', 'platform_mine')
    expect(result.errorCode).toBe('PROVISION_FOLDER_TAKEN')
    expect(readFileSync(harness.inHome('code/mine/index.html'), 'utf8')).toBe('mine')
  })

  test('may not come where our own files are', async () => {
    await save('platform_ours', { root: '~/sites/code', ...serveZip({ 'index.html': 'x' }) })
    const { result } = await harness.command('verify', 'platform_ours')
    expect(result.errorCode).toBe('PROVISION_FOLDER_NOT_ALLOWED')
    expect(existsSync(harness.inHome('sites/code'))).toBe(false)
  })

  test('leaves nothing of an archive that is refused', async () => {
    await save('platform_bad', { root: '~/new/bad', ...serveZip({ '../../x': 'x' }) })
    const before = harness.account.tree()
    const { result } = await harness.command('verify', 'platform_bad')
    expect(result.errorCode).toBe('PROVISION_BAD_ARCHIVE')
    expect(harness.account.tree()).toEqual(before)
  })

  test('that was killed half way is taken back by the next command, and fetched whole', async () => {
    await save('platform_cut', {
      root: '~/new/cut',
      ...serveZip({ 'index.html': 'x'.repeat(200_000) }),
    })
    const before = harness.account.tree()
    isSlow = true
    const { child, ended } = harness.account.start(['provision-verify', '@platform_cut'])
    await eventually(() => expect(harness.account.tree().join()).toContain('.archive'))
    process.kill(child.pid ?? 0, 'SIGKILL')
    await expect(ended).rejects.toThrow()
    isSlow = false
    await harness.succeed('verify', 'platform_a')
    const isLock = (line: string): boolean => line.includes('@platform_cut.lock')
    expect(harness.account.tree().filter((line) => !isLock(line))).toEqual(before)
    await harness.succeed('verify', 'platform_cut')
    expect(statSync(harness.inHome('new/cut/index.html')).size).toBe(200_000)
  })
})
