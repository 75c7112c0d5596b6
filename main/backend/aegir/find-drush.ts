import { AppError } from '#shared/errors.ts'
import { cleanText, shorten } from '#shared/text.ts'
import type { Connection } from '../../ssh/connection.ts'

/** What an account has of Aegir's backend. */
export interface FoundDrush {
  /** Absolute path. */
  path: string
  /** `8.4.12`; empty where it does not say. */
  version: string
  php: string | null
  /** Where Provision lies, if it was found. */
  provision: string | null
  /** How many contexts there are, and whether one of them is Aegir's own frontend. */
  contexts: number
  hasFrontend: boolean
  /** BOA's control file, with which Provision does not call the frontend. */
  hasControlFile: boolean
}

/** Provision is written for this one; later ones do not carry it. */
const NEWEST_MAJOR = 8

/** Relative to the account's home. */
export const CONTROL_FILE = 'static/control/FastTrack.info'

// A login script may print before it, hence the marks.
const LOOK = `
say() { printf 'hd:%s=%s\\n' "$1" "$2"; }
cd || exit 0
d=$(command -v drush 2>/dev/null)
case $d in /*) ;; *) d= ;; esac
for f in "$HOME/bin/drush" /usr/local/bin/drush /usr/bin/drush /opt/local/bin/drush \\
  /opt/tools/drush/8/drush/drush "$HOME/tools/drush/drush" "$HOME/.composer/vendor/bin/drush" \\
  "$HOME/.config/composer/vendor/bin/drush" "$HOME/vendor/bin/drush"; do
  [ -z "$d" ] && [ -x "$f" ] && [ ! -d "$f" ] && d=$f
done
[ -n "$d" ] || exit 0
say drush "$d"
say version "$("$d" --version 2>/dev/null </dev/null | head -c 1000 | tr -c '0-9.\\n' ' ' | tr '\\n' ' ')"
say php "$(php -r 'echo PHP_VERSION;' 2>/dev/null </dev/null | head -c 100)"
for f in "$HOME/.drush/provision" "$HOME/.drush/sys/provision" /usr/share/drush/commands/provision \\
  /usr/share/provision; do
  [ -d "$f" ] && { say provision "$f"; break; }
done
n=0
for f in "$HOME"/.drush/*.alias.drushrc.php; do
  [ -f "$f" ] && grep -q context_type "$f" 2>/dev/null && n=$((n + 1))
done
say contexts "$n"
[ -f "$HOME/.drush/hostmaster.alias.drushrc.php" ] && say frontend yes
[ -f "$HOME/${CONTROL_FILE}" ] && say control yes
exit 0
`

/** Undefined where there is no Drush. Asks the account itself, and Drush for its version. */
export async function findDrush(connection: Connection): Promise<FoundDrush | undefined> {
  const { stdout } = await connection.exec(
    { argv: [], script: LOOK },
    { timeoutMs: 60_000, maxOutputBytes: 65_536 },
  )
  const said = new Map(
    stdout
      .toString('utf8')
      .split('\n')
      .flatMap((line) => {
        const [, key, value] = /^.*?hd:([a-z]+)=(.*)$/.exec(line) ?? []
        return key === undefined ? [] : [[key, cleanText(value ?? '').trim()] as const]
      }),
  )
  const path = said.get('drush')
  if (path === undefined || !path.startsWith('/')) return undefined
  return {
    path,
    version: /\d+\.\d+[\d.]*/.exec(said.get('version') ?? '')?.[0] ?? '',
    php: said.get('php') || null,
    provision: said.get('provision') ?? null,
    contexts: Number(said.get('contexts') ?? 0) || 0,
    hasFrontend: said.has('frontend'),
    hasControlFile: said.has('control'),
  }
}

/** Whether the account is one of Aegir's: it has contexts, or could make some. */
export const isAegir = (found: FoundDrush | undefined): found is FoundDrush =>
  found !== undefined && (found.contexts > 0 || found.provision !== null)

/** Throws `backend.no-drush` where there is none that Provision runs with. */
export async function getDrush(connection: Connection): Promise<FoundDrush> {
  const found = await findDrush(connection)
  if (found === undefined)
    throw new AppError(
      'backend.no-drush',
      `There is no Drush on the server for ${connection.far.user}: it is looked for in the PATH of a login without a terminal, and where it usually lies.`,
    )
  const major = Number(found.version.split('.')[0])
  if (major <= NEWEST_MAJOR) return found
  throw new AppError(
    'backend.no-drush',
    `The server's Drush is ${shorten(found.version, 32) || 'of an unknown version'}: Provision runs with Drush ${NEWEST_MAJOR}.`,
    { data: { version: found.version } },
  )
}
