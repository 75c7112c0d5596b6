import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { tmpdir } from 'node:os'
import { describe, expect, onTestFinished, test } from 'vitest'
import { canChange, rootOpens } from '../support/root-reads.ts'

describe('what root opens', () => {
  test('is what a process opened before it changed its account', () => {
    const log = `10 execve("/usr/sbin/php-fpm", ["php-fpm"], 0x7ffd /* 9 vars */) = 0
10 openat(AT_FDCWD, "/etc/fpm.conf", O_RDONLY) = 3
10 openat(AT_FDCWD, "/etc/absent", O_RDONLY) = -1 ENOENT (No such file or directory)
10 clone(child_stack=NULL, flags=SIGCHLD) = 11
11 openat(AT_FDCWD, "/etc/group", O_RDONLY) = 4
11 setresuid(-1, 1001, -1) = 0
11 openat(AT_FDCWD, "/srv/site.php", O_RDONLY) = 5
11 setresuid(-1, 0, -1) = 0
11 open("relative", O_RDONLY) = 5
11 setuid(1001) = 0
11 open("/srv/other.php", O_RDONLY) = 5
`
    expect(rootOpens(log).map(({ file }) => file)).toEqual([
      '/usr/sbin/php-fpm',
      '/etc/fpm.conf',
      '/etc/group',
      '/relative',
    ])
  })

  test('is found where the calls of two processes are mixed, and children begin as their parents', () => {
    const log = `10 setuid(1001) = 0
10 clone(child_stack=NULL <unfinished ...>
11 openat(AT_FDCWD, "/srv/a", O_RDONLY <unfinished ...>
10 <... clone resumed>, flags=SIGCHLD) = 11
11 <... openat resumed>) = 3
12 openat(AT_FDCWD, "/etc/b", O_RDONLY <unfinished ...>
11 openat(AT_FDCWD, "/srv/c", O_RDONLY) = 3
12 <... openat resumed>) = 3
`
    expect(rootOpens(log)).toEqual([{ pid: 12, file: '/etc/b' }])
  })
})

describe('whoever can change a file', () => {
  test('is its owner, the owner of a folder above it, their groups, and everybody where it is open', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'root-reads-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const uid = process.getuid?.() ?? 0
    mkdirSync(path.join(folder, 'in'))
    const file = path.join(folder, 'in/file')
    writeFileSync(file, '')
    symlinkSync(file, path.join(folder, 'link'))
    expect(canChange(file, { uid, gids: [] })).toBe(true)
    expect(canChange(path.join(folder, 'link'), { uid, gids: [] })).toBe(true)
    expect(canChange(path.join(folder, 'absent'), { uid, gids: [] })).toBe(true)
    // Whoever may write to a folder on the way can put another file there: /tmp is everybody's.
    expect(canChange(file, { uid: 4_000_000, gids: [] })).toBe(true)
    expect(canChange('/etc/passwd', { uid: 4_000_000, gids: [] })).toBe(false)
    expect(canChange('/dev/null', { uid: 4_000_000, gids: [] })).toBe(false)
    chmodSync(file, 0o600)
  })
})
