import { createHash } from 'node:crypto'
import type { RunStage } from '../../ssh/run.ts'
import { quoteWord } from '../../ssh/shell-quote.ts'
import { renderOptions } from './options.ts'
import type { DrushCommand, PlannedStage } from './plan.ts'

/** One of several Drush commands that are done one after the other, as one stage of a run. */
export interface Step {
  title: string
  command: DrushCommand
  /**
   * `must`: its failure ends the whole, and what was done is taken back. `frontend`: it may fail for want of Aegir's own
   * frontend, and of nothing else. `may`: what it leaves undone is told, and that is all. From the first of these on nothing
   * is taken back, and a cancel comes too late: what was there before is going, and what is new has to stay.
   */
  kind: 'must' | 'frontend' | 'may'
  /** What takes it back once it was done, in this order. */
  back?: readonly DrushCommand[]
}

/**
 * Does the steps that its standard input calls: shell text of our own making, each value one quoted word. Standard output
 * carries each command's answer and then a line of ours, standard error what happens. A cancel reaches the command that
 * runs, which fails by it; then what was done is taken back, as far as the time of grace allows.
 */
const STEPS_SCRIPT = `
mark=$1 drush=$2 count=$3 good=0 at=0 failed= isLate=
umask 077
work=$(mktemp -d) || exit 70
trap 'rm -rf "$work"' EXIT
trap '[ -n "$isLate" ] || failed=143' TERM

say() { printf '\\nhd:%s:%s %s %s\\n' "$mark" "$@"; }
title() { printf 'hd:%s:step %s/%s %s\\n' "$mark" "$1" "$count" "$2" >&2; }
drush() {
  printf %s "$1" >"$work/in"
  shift
  "$drush" --backend=2 "$@" <"$work/in"
}
step() {
  at=$((at + 1))
  [ "$1" != may ] || isLate=yes
  [ -z "$failed" ] || return 0
  kind=$1 name=$2
  shift 2
  title "$at" "$name"
  drush "$@"
  code=$?
  say "$kind" "$at" "$code"
  [ "$code" = 0 ] || [ "$kind" != may ] || printf '\\nThis was left undone: %s\\n' "$name" >&2
  if [ "$code" = 0 ] || [ "$kind" != must ]; then good=$at; else failed=\${failed:-$code}; fi
}
back() {
  { [ -n "$failed" ] && [ "$1" -le "$good" ]; } || return 0
  n=$1
  shift
  title "$n" "Take back: $1"
  shift
  drush "$@"
  say back "$n" "$?"
}
say begin 0 0
eval "$(cat)"
exit "\${failed:-0}"
`

/** By which lines of ours are told from a command's. Values are no part of it: who reads does not know passwords. */
export function markOf(plan: readonly PlannedStage[]): string {
  const words = plan.map(({ options, ...stage }) => [stage, Object.keys(options ?? {})])
  return createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 16)
}

export function toStepsStage(
  name: string,
  drush: string,
  steps: readonly Step[],
  mark: string,
): RunStage {
  return {
    name,
    argv: ['sh', '-c', STEPS_SCRIPT, 'sh', mark, drush, String(steps.length)],
    stdin: [
      ...steps.map(({ kind, title, command }) => line('step', kind, title, ...words(command))),
      ...steps
        .flatMap(({ back = [], title }, at) =>
          back.map((command) => ({
            at,
            text: line('back', String(at + 1), title, ...words(command)),
          })),
        )
        .sort((a, b) => b.at - a.at)
        .map(({ text }) => text),
    ].join('\n'),
  }
}

const line = (name: string, ...values: string[]): string =>
  [name, ...values.map((value) => (value === '' ? "''" : quoteWord(value)))].join(' ')

const words = ({ on, command, args, options }: DrushCommand): string[] => [
  options === null ? '' : renderOptions(options),
  ...drushWords({ on, command, args }),
]

/** The alias comes before the command: behind it, it would be ignored without a word. */
export const drushWords = ({
  on,
  command,
  args,
}: Pick<DrushCommand, 'on' | 'command' | 'args'>): string[] => [
  on === null ? '@none' : `@${on}`,
  command,
  ...args,
]
