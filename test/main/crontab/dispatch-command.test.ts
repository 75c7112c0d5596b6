import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { dispatchCommand, findDispatchTarget } from '../../../main/crontab/dispatch-command.ts'
import { differenceOf } from '../../../main/crontab/line-difference.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** A command line that writes down how it was called. */
const CLI = 'process.stderr.write(JSON.stringify(process.argv.slice(2)))'
const DATA = `/data of "o'brien" $HOME 100%`
const run = (command: string): unknown =>
  JSON.parse(execFileSync('sh', ['-c', `{ ${command}; } 2>&1`], { encoding: 'utf8' }))

test('a checkout is run by its Node', () => {
  const folder = path.join(temporaryFolder(), "it's here")
  mkdirSync(folder)
  const cliFile = path.join(folder, 'cli.js')
  writeFileSync(cliFile, CLI)
  const target = findDispatchTarget({
    execPath: process.execPath,
    isElectron: false,
    appImage: undefined,
    cliFile,
    dataFolder: DATA,
  })
  expect(run(dispatchCommand(target))).toEqual(['dispatch', '--for', '55s', '--data', DATA])
})

test('the installed application is its own Node', () => {
  const folder = temporaryFolder()
  const cliFile = path.join(folder, 'cli.js')
  writeFileSync(cliFile, `if (process.env.ELECTRON_RUN_AS_NODE !== '1') throw 1\n${CLI}`)
  const target = findDispatchTarget({
    execPath: process.execPath,
    isElectron: true,
    appImage: undefined,
    cliFile,
    dataFolder: DATA,
  })
  expect(run(dispatchCommand(target))).toEqual(['dispatch', '--for', '55s', '--data', DATA])
})

test('an AppImage finds its command line beside its executable, wherever it is mounted', () => {
  const folder = temporaryFolder()
  const mount = path.join(folder, 'mount')
  mkdirSync(path.join(mount, 'resources'), { recursive: true })
  writeFileSync(path.join(mount, 'resources/cli.mjs'), CLI)
  const target = findDispatchTarget({
    execPath: path.join(mount, 'hosting-desk'),
    isElectron: true,
    appImage: path.join(folder, 'Hosting Desk.AppImage'),
    cliFile: path.join(mount, 'resources/cli.mjs'),
    dataFolder: DATA,
  })
  expect(target).toMatchObject({ kind: 'appimage', cliBesideExecutable: 'resources/cli.mjs' })
  // Stands in for the image: starts the Node of the mounted folder, which reports itself by that path.
  const executable = path.join(mount, 'hosting-desk')
  symlinkSync(process.execPath, executable)
  const preload = path.join(folder, 'preload.cjs')
  writeFileSync(preload, `process.execPath = ${JSON.stringify(executable)}`)
  writeFileSync(
    path.join(folder, 'Hosting Desk.AppImage'),
    `#!/bin/sh\nexec "${executable}" --require "${preload}" "$@"\n`,
    { mode: 0o755 },
  )
  expect(run(dispatchCommand(target))).toEqual(['dispatch', '--for', '55s', '--data', DATA])
})

test('on a server the link that moves up is run by the Node that was found there', () => {
  const target = { kind: 'server' as const, node: '/usr/bin/node', home: '/home/o brien' }
  expect(dispatchCommand(target)).toBe(
    `/usr/bin/node '/home/o brien/.hosting-desk/bin/provision' dispatch >/dev/null`,
  )
})

test('a difference names each line that came, went or stayed', () => {
  const shown = differenceOf('a\nb\nc\n', 'a\nc\nd\n').map(({ change, line }) => change[0] + line)
  expect(shown).toEqual(['sa', 'rb', 'sc', 'ad'])
  expect(differenceOf('', '')).toEqual([])
})
