import { execFileSync } from 'node:child_process'

/** Changes what is in a backup of ours by a line of shell, and what it says of itself, so that this is what was packed. */
export function packAgain(
  file: string,
  { site, folder }: { site: string; folder: string },
  script: string,
): void {
  execFileSync('sh', [
    '-ec',
    `mkdir "$2"; tar -xzf "$1" -C "$2"; cd "$2"
     ${script}
     sed -i "s/\\"dumpBytes\\": [0-9]*/\\"dumpBytes\\": $(stat -c %s database.sql)/" manifest.json
     find . -type f ! -name SHA256SUMS -exec sha256sum {} + >SHA256SUMS
     tar -czf "$1" ./manifest.json ./database.sql "./$3" ./SHA256SUMS; rm -r "$2"`,
    'sh',
    file,
    folder,
    site,
  ])
}
