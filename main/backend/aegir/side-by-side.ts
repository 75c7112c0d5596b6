import { AppError } from '#shared/errors.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { Connection } from '../../ssh/connection.ts'
import { Masking } from './masking.ts'

/** Aegir's own frontend on the account that we work on as well: what it still starts by itself. */
export interface OtherFrontend {
  /** Whether it is there at all: its context is. */
  isThere: boolean
  /** Lines of the crontab that start its dispatcher. */
  crontabLines: string[]
  /** Processes of its daemon, `hosting-queued`. */
  daemons: number[]
  /** Whether it was paused from here, and waits to be put back. */
  isPausedByUs: boolean
}

/** To pause waits until no task of it runs any more. */
const PAUSE_TIMEOUT_MS = 600_000
const TIMEOUT_MS = 60_000
/** What pausing took away lies here until it is put back, in the account's home. */
const KEPT = '.hosting-desk/aegir-pause'

const LOOK = `
say() { printf 'hd:%s=%s\\n' "$1" "$2"; }
cd || exit 0
[ -f .drush/hostmaster.alias.drushrc.php ] && say there yes
[ -d ${KEPT} ] && say paused yes
crontab -l 2>/dev/null | grep -v '^[[:space:]]*#' | grep hosting-dispatch | while IFS= read -r line; do
  say line "$line"
done
me=$(id -u)
for p in /proc/[0-9]*; do
  # The brackets keep this very script from being found.
  [ "$(stat -c %u "$p" 2>/dev/null)" = "$me" ] || continue
  tr '\\0' ' ' <"$p/cmdline" 2>/dev/null | grep -q 'drush.* hosting-queue[d]' && say daemon "\${p#/proc/}"
done
exit 0
`

/** What of Aegir's own frontend still works there by itself. */
export async function findOtherFrontend(connection: Connection): Promise<OtherFrontend> {
  const { stdout } = await connection.exec(
    { argv: [], script: LOOK },
    { timeoutMs: TIMEOUT_MS, maxOutputBytes: 1024 * 1024 },
  )
  const said = stdout
    .toString('utf8')
    .split('\n')
    .flatMap((line) => [/^.*?hd:([a-z]+)=(.*)$/.exec(line) ?? []])
  const of = (wanted: string): string[] =>
    said.filter(([, key]) => key === wanted).map(([, , value]) => value ?? '')
  return {
    isThere: of('there').length > 0,
    crontabLines: of('line').map((line) => shorten(cleanText(line), 1000)),
    daemons: of('daemon').map(Number).filter(Number.isInteger),
    isPausedByUs: of('paused').length > 0,
  }
}

/**
 * Aegir's own pause takes every line out of the crontab that looks like one of its own, so the crontab is kept as it was.
 * The daemon is told by the variable that it looks at before each task.
 */
const PAUSE = `
drush=$1 daemon=$2
umask 077
cd && mkdir -p .hosting-desk && mkdir ${KEPT} || { echo 'It is paused already.' >&2; exit 3; }
crontab -l >${KEPT}/crontab 2>/dev/null
undo() {
  [ -s ${KEPT}/crontab ] && crontab ${KEPT}/crontab
  [ -f ${KEPT}/daemon ] && "$drush" @hostmaster vset --exact --yes hosting_queued_paused 0 </dev/null >&2
  rm -rf ${KEPT}
}
if [ "$daemon" = yes ]; then
  : >${KEPT}/daemon
  "$drush" @hostmaster vset --exact --yes hosting_queued_paused 1 </dev/null >&2 || { undo; exit 1; }
fi
"$drush" @hostmaster hosting-pause </dev/null >&2 || { undo; exit 1; }
crontab -l >${KEPT}/after 2>/dev/null
if grep -v '^[[:space:]]*#' ${KEPT}/after | grep -q hosting-dispatch; then
  echo 'Its line is still in the crontab.' >&2
  undo
  exit 1
fi
`

/** The crontab as it was where nobody changed it since; otherwise the lines that the pause took, behind what is there. */
const PUT_BACK = `
drush=$1
umask 077
cd && [ -d ${KEPT} ] || { echo 'It was not paused from here.' >&2; exit 3; }
if [ -s ${KEPT}/crontab ]; then
  crontab -l >${KEPT}/now 2>/dev/null
  if cmp -s ${KEPT}/now ${KEPT}/after; then crontab ${KEPT}/crontab || exit 1
  else
    { cat ${KEPT}/now; grep -vxF -f ${KEPT}/after ${KEPT}/crontab | grep -vxF -f ${KEPT}/now; } >${KEPT}/new
    crontab ${KEPT}/new || exit 1
  fi
fi
if [ -f ${KEPT}/daemon ]; then
  "$drush" @hostmaster vset --exact --yes hosting_queued_paused 0 </dev/null >&2 || exit 1
fi
rm -rf ${KEPT}
`

/** Lets it finish what it does and start nothing more. With the operator's consent only. */
export async function pauseOtherFrontend(connection: Connection, drush: string): Promise<void> {
  const { daemons } = await findOtherFrontend(connection)
  await run(connection, PAUSE, [drush, daemons.length > 0 ? 'yes' : 'no'], 'paused')
}

/** As it was before the pause. */
export async function putBackOtherFrontend(connection: Connection, drush: string): Promise<void> {
  await run(connection, PUT_BACK, [drush], 'put back')
}

async function run(
  connection: Connection,
  script: string,
  argv: string[],
  what: string,
): Promise<void> {
  const { exitCode, stderr } = await connection.exec(
    { argv, script },
    { timeoutMs: PAUSE_TIMEOUT_MS, maxOutputBytes: 1024 * 1024 },
  )
  if (exitCode === 0) return
  const said = new Masking().mask(cleanText(stderr.trim().split('\n').at(-1) ?? ''))
  throw new AppError(
    'backend.refused',
    `Aegir’s own frontend could not be ${what}: ${shorten(said, 500) || `it ended with ${exitCode}`}`,
  )
}
