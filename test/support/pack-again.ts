import { execFileSync } from 'node:child_process'

/** Changes what is in a backup of ours by a line of shell, and its manifest, so that it says the dump is what was packed. */
export function packAgain(
  file: string,
  { site, folder }: { site: string; folder: string },
  script: string,
): void {
  execFileSync('sh', [
    '-ec',
    `mkdir "$2"; tar -xzf "$1" -C "$2"; cd "$2"
     ${script}
     sum=$(sha256sum database.sql | cut -c 1-64)
     old=$(grep -o '"./database.sql": "[0-9a-f]*"' manifest.json | grep -o '[0-9a-f]\\{64\\}')
     sed -i "s/$old/$sum/" manifest.json
     tar -czf "$1" ./database.sql "./$3" ./manifest.json; rm -r "$2"`,
    'sh',
    file,
    folder,
    site,
  ])
}
