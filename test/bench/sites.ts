import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CodeHarness } from '../support/code-harness.ts'
import { type BenchRow, inTurn } from './bench-row.ts'

const SITE = 'www.large.example'
const COPY = 'copy.large.example'
const FILES = 5000
const FILE_BYTES = 20_000
/** Each has some 1,900 bytes of text that is no better to pack than prose. */
const POSTS = 105_000

/**
 * Backup, restore and a fresh start out of a backup, of a WordPress with 5,000 files and a database of 200 MB; beside bare
 * mariadb-dump, tar and mariadb, which do the same work: pack what is there before it is replaced, one flush an archive.
 * Ours are whole commands with nginx, checksums and reading back besides.
 */
export async function benchSites({ rounds }: { rounds: number }): Promise<BenchRow[]> {
  const harness = await CodeHarness.open({ name: 'hdlarge', slots: 3 })
  const folder = mkdtempSync(path.join(tmpdir(), 'desk-bare-'))
  try {
    await harness.verifyPlatform('debian', '/usr/share/wordpress')
    const { result } = await harness.install(SITE, 'debian')
    const slot = result.data['slot'] as string
    grow(harness, slot)
    const bare = new Bare(harness, { folder, slot })
    return await measure(harness, bare, rounds)
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await harness.close()
  }
}

function grow(harness: CodeHarness, slot: string): void {
  const { machine } = harness
  const parts = Array.from({ length: 60 }, (_, index) => `MD5(seq * 100 + ${index})`).join(', ')
  machine.query(`USE ${slot}_main; INSERT INTO wp_posts
    (post_content, post_title, post_excerpt, to_ping, pinged, post_content_filtered, post_date, post_date_gmt, post_modified, post_modified_gmt)
    SELECT CONCAT_WS(' ', ${parts}), seq, '', '', '', '', NOW(), NOW(), NOW(), NOW() FROM seq_1_to_${POSTS}`)
  const uploads = harness.inHome(`slots/${slot}/${SITE}/content/uploads/large`)
  const script = `mkdir -p "$1"; cd "$1"; head -c ${FILES * FILE_BYTES} /dev/urandom | split -b ${FILE_BYTES} -a 4 - file-
    chown -R "$2:$3" "$1"; chmod -R g+rwX "$1"`
  execFileSync('sh', ['-ec', script, 'sh', uploads, machine.account, slot])
}

async function measure(harness: CodeHarness, bare: Bare, rounds: number): Promise<BenchRow[]> {
  const beside = 'mariadb-dump, tar and mariadb alone'
  const goal = { at: 'most', ratio: 1.3 } as const
  const row = async (
    what: string,
    ours: () => Promise<number>,
    theirs: () => Promise<number>,
  ): Promise<BenchRow> => ({
    what,
    beside,
    ...(await inTurn(rounds, ours, theirs)),
    unit: 's',
    goal,
  })
  let file = ''
  const backup = await row(
    'backup of a WordPress with 5,000 files and a database of 200 MB',
    async () => {
      file = ''
      return timed(async () => {
        file = (await harness.succeed('backup', SITE)).result.data['file'] as string
      })
    },
    () => timed(() => bare.backup()),
  )
  const restore = await row(
    'restore of it, what is there packed before',
    () => timed(() => harness.succeed('restore', SITE, file)),
    () => timed(() => bare.restore()),
  )
  const install = await row(
    'a new site installed out of its backup',
    async () => {
      await harness.save(COPY, { context_type: 'site', platform: '@platform_debian', uri: COPY })
      const seconds = await timed(() => harness.succeed('import', COPY, file))
      await harness.machine.run(['provision-delete', `@${COPY}`], { options: { force: true } })
      return seconds
    },
    // What one types for its new address; in what PHP serialised it breaks the lengths, which ours keeps.
    () => timed(() => bare.load(`sed 's/${SITE}/${COPY}/g'`)),
  )
  return [backup, restore, install]
}

async function timed(work: () => unknown): Promise<number> {
  const from = performance.now()
  await work()
  return (performance.now() - from) / 1000
}

/** What somebody would type: a dump, an archive, and both back again. */
class Bare {
  readonly #script: (text: string) => void

  constructor(harness: CodeHarness, { folder, slot }: { folder: string; slot: string }) {
    const place = harness.inHome(`slots/${slot}`)
    const variables = [harness.machine.mariadb.socket, folder, place, SITE]
    const head = `socket="$1" folder="$2" place="$3" site="$4"
      database() { mariadb --no-defaults --socket="$socket" -N -e "SHOW DATABASES LIKE '${slot}%'" | head -n 1; }`
    this.#script = (text) =>
      void execFileSync('sh', ['-ec', `${head}\n${text}`, 'sh', ...variables], {
        cwd: folder,
        stdio: 'pipe',
      })
  }

  backup(): void {
    this.#script(`
      mariadb-dump --no-defaults --socket="$socket" --single-transaction --quick --routines --hex-blob "$(database)" >dump.sql
      tar -czf one.tar.gz -C "$folder" dump.sql -C "$place" "$site"
      sync one.tar.gz; rm dump.sql`)
  }

  load(change = 'cat'): void {
    this.#script(`
      rm -rf new; mkdir new; tar -xzf one.tar.gz -C new
      mariadb --no-defaults --socket="$socket" -e 'CREATE DATABASE bare'
      ${change} <new/dump.sql | mariadb --no-defaults --socket="$socket" bare
      mariadb --no-defaults --socket="$socket" -e 'DROP DATABASE bare'
      rm -rf new`)
  }

  restore(): void {
    this.backup()
    this.load()
  }
}
