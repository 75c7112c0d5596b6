import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs'
import path from 'node:path'
import type { PlannedChange } from '#shared/protocol/planned-change.ts'
import type { CodeHarness } from './code-harness.ts'

/** A prepared machine as a preview has to leave it, and as a run changes it. */
export interface MachineState {
  /** Below the account's home, with rights and content. */
  files: ReadonlyMap<string, string>
  /** With the checksums of their tables. */
  databases: ReadonlyMap<string, string>
  /** What the slots have outside of their gates: temporary files, sessions, processes. */
  slots: readonly string[]
  /** The processes of nginx that answer: others after each reload. */
  workers: string
}

export function stateOf(desk: CodeHarness): MachineState {
  return {
    files: new Map(walk(desk.machine.home, '')),
    databases: new Map(
      desk.databases().map((name) => [name, desk.checksums(name).join('') || 'empty']),
    ),
    slots: desk.machine.slots.flatMap((slot) => [
      ...desk.stateFilesOf(slot),
      ...desk.processesOf(slot),
    ]),
    workers: workersOf(desk.inHome('nginx/run/nginx.pid')),
  }
}

/** What nginx writes while it runs: only that it is there is compared. */
const LIVING = /^nginx\/(log|run)\//

function walk(root: string, below: string): [name: string, facts: string][] {
  return readdirSync(path.join(root, below)).flatMap((one) => {
    const name = path.join(below, one)
    const info = lstatSync(path.join(root, name))
    const mode = (info.mode & 0o7777).toString(8)
    if (info.isDirectory()) return [[name, mode], ...walk(root, name)]
    const content = info.isFile() && !LIVING.test(name) ? sumOf(path.join(root, name), info) : ''
    return [[name, `${mode} ${content}`]]
  })
}

/** Sums of files that nobody has touched since; platforms have thousands. */
const sums = new Map<string, string>()

function sumOf(file: string, { ino, size, ctimeMs }: Stats): string {
  const key = `${file} ${ino} ${size} ${ctimeMs}`
  const known = sums.get(key)
  if (known !== undefined) return known
  const sum = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16)
  sums.set(key, sum)
  return sum
}

function workersOf(file: string): string {
  const master = readFileSync(file, 'utf8').trim()
  const listed = execFileSync('ps', ['--ppid', master, '-o', 'pid=,args='], { encoding: 'utf8' })
  return listed
    .split('\n')
    .filter((line) => line.includes('worker process') && !line.includes('shutting down'))
    .sort()
    .join()
}

type Action = 'create' | 'change' | 'remove'
/** One thing that a run has changed. */
interface Done {
  kind: 'file' | 'database' | 'context' | 'slot' | 'certificate'
  action: Action
  target: string
}

/** What a run changed and nobody was told of, and what was told and did not come; none where a preview was right. */
export function differences(
  before: MachineState,
  after: MachineState,
  planned: readonly PlannedChange[],
  home: string,
): string[] {
  const done = [
    ...changesOf(before.files, after.files)
      // nginx makes a log once it is named.
      .filter(({ action, target }) => !isOwn(target) && !(action === 'create' && isLog(target)))
      .map((change) => toDone(change, home)),
    ...changesOf(before.databases, after.databases).map((change): Done => ({
      kind: 'database',
      ...change,
    })),
  ]
  const hasScript = planned.some(({ kind }) => kind === 'script')
  const untold = done.filter(
    (one) =>
      !planned.some((change) => covers(change, one)) && !(hasScript && isOfScript(one, home)),
  )
  const lasting = planned.filter(({ kind }) => !['reload', 'script', 'other'].includes(kind))
  const notDone = lasting.filter((change) => !done.some((one) => covers(change, one)))
  const hasReload = planned.some(({ kind }) => kind === 'reload')
  return [
    ...untold.map(({ kind, action, target }) => `not told: ${action} ${kind} ${target}`),
    ...notDone.map(({ kind, action, target }) => `not done: ${action} ${kind} ${target}`),
    ...(hasReload === (before.workers !== after.workers) ? [] : [`reload: told ${hasReload}`]),
    ...planned
      .filter(({ kind, target }) => kind === 'script' && !isScript(target))
      .map(({ target }) => `no such script: ${target}`),
  ]
}

/** What a script of the site's may do there: it says that it is run, and no more. */
const isOfScript = ({ kind, action, target }: Done, home: string): boolean =>
  (kind === 'database' && action === 'change') ||
  (kind === 'file' && target.startsWith(path.join(home, 'slots')))

/** One of an application's own, or one of ours by the name that it has among the sources. */
const isScript = (name: string): boolean =>
  existsSync(path.resolve(import.meta.dirname, '../../provision/applications/php', name))

/** What whoever works here writes for itself. */
const isOwn = (name: string): boolean =>
  /^\.hosting-desk\/(locks|journals|tmp|runs|acme)(\/|$)/.test(name) ||
  /^nginx\/run(\/|$)/.test(name)

const isLog = (name: string): boolean => name.startsWith('nginx/log/')

function changesOf(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): { action: Action; target: string }[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((target) => {
    const [old, fresh] = [before.get(target), after.get(target)]
    if (old === fresh) return []
    return [
      { target, action: old === undefined ? 'create' : fresh === undefined ? 'remove' : 'change' },
    ]
  })
}

function toDone({ action, target }: { action: Action; target: string }, home: string): Done {
  const [, folder, name = ''] = /^(?:\.hosting-desk|nginx)\/(\w+)\/(.+)$/.exec(target) ?? []
  if (folder === 'contexts')
    return { kind: 'context', action, target: `@${name.replace(/\.json$/, '')}` }
  if (folder === 'slots') return { kind: 'slot', action, target: name }
  return {
    kind: folder === 'tls' ? 'certificate' : 'file',
    action,
    target: path.join(home, target),
  }
}

function covers(change: PlannedChange, { kind, action, target }: Done): boolean {
  if (kind === 'certificate') return change.kind === 'certificate'
  if (kind === 'database')
    return (
      change.kind === 'database' &&
      change.target === target &&
      // What is made is then filled.
      (change.action === action || (change.action === 'change' && action === 'create'))
    )
  if (kind !== 'file')
    return change.kind === kind && change.action === action && change.target === target
  if (change.kind === 'file')
    return change.action === action && withoutStamp(change.target) === withoutStamp(target)
  const isWithin = target === change.target || target.startsWith(`${change.target}/`)
  return (
    change.kind === 'folder' && isWithin && (change.action === action || change.action === 'change')
  )
}

/** A backup is called by the second in which it was made. */
const withoutStamp = (file: string): string => file.replace(/-\d{8}T\d{6}Z(_\d+)?/, '')
