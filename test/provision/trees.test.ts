import { spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pause } from '../../provision/system/process.ts'
import { removeTrees, sealTree } from '../../provision/system/trees.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'desk-trees-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const modeOf = (name: string): number => statSync(path.join(folder, name)).mode & 0o7777

test('a slot may write in its folders only once all below them is done', async () => {
  const inner = path.join(folder, 'site/files/inner')
  mkdirSync(inner, { recursive: true })
  for (let number = 0; number < 300; number++) writeFileSync(path.join(inner, `${number}`), '')
  writeFileSync(path.join(folder, 'site/settings.php'), '')
  let isDone = false
  const sealed = sealTree(path.join(folder, 'site'), ['files']).then(() => (isDone = true))
  let looks = 0
  while (!isDone) {
    if (modeOf('site/files') === 0o2770) {
      expect(modeOf('site/files/inner')).toBe(0o2770)
      expect(
        readdirSync(inner).filter((name) => modeOf(`site/files/inner/${name}`) !== 0o660),
      ).toEqual([])
    }
    looks++
    await new Promise((resolve) => setImmediate(resolve))
  }
  await sealed
  expect(looks).toBeGreaterThan(10)
  expect(modeOf('site')).toBe(0o2750)
  expect(modeOf('site/files')).toBe(0o2770)
  expect(modeOf('site/settings.php')).toBe(0o640)
})

test('a link in a tree is left as it is, and what it leads to', async () => {
  mkdirSync(path.join(folder, 'site/files'), { recursive: true })
  mkdirSync(path.join(folder, 'mine'), { mode: 0o700 })
  writeFileSync(path.join(folder, 'mine/key'), '', { mode: 0o600 })
  symlinkSync(path.join(folder, 'mine'), path.join(folder, 'site/files/folder'))
  symlinkSync(path.join(folder, 'mine/key'), path.join(folder, 'site/files/key'))
  await sealTree(path.join(folder, 'site'), ['files'])
  expect([modeOf('mine'), modeOf('mine/key')]).toEqual([0o700, 0o600])
})

test('trees are removed with what they hold, and no link in them is followed', async () => {
  mkdirSync(path.join(folder, '-site/files'), { recursive: true })
  writeFileSync(path.join(folder, 'mine'), '')
  symlinkSync(folder, path.join(folder, '-site/files/out'))
  await removeTrees([path.join(folder, '-site'), path.join(folder, 'missing')])
  expect(readdirSync(folder)).toEqual(['mine'])
})

test('a folder that another account keeps swapping for a link leads no removal out of its tree', async () => {
  const mine = path.join(folder, 'mine')
  const swap = `while :; do mv -T "$1/a" "$1/b" && ln -s "$2" "$1/a" && rm "$1/a" && mv -T "$1/b" "$1/a"; done`
  for (let round = 0; round < 20; round++) {
    const tree = path.join(folder, `tree${round}`)
    for (const inside of [mine, path.join(tree, 'a')]) {
      mkdirSync(inside, { recursive: true })
      for (let number = 0; number < 50; number++) writeFileSync(path.join(inside, `${number}`), '')
    }
    const swapping = spawn('sh', ['-c', swap, 'sh', tree, mine], { stdio: 'ignore' })
    try {
      await pause(10)
      // What is swapped in between is left: it says so, or is done.
      await removeTrees([tree]).catch(() => {})
    } finally {
      swapping.kill('SIGKILL')
      await once(swapping, 'close')
    }
    expect(readdirSync(mine)).toHaveLength(50)
  }
})
