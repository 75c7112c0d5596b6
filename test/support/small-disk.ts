import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const asRoot = (script: string, ...args: string[]): string =>
  execFileSync('sh', ['-ec', script, 'sh', ...args], { stdio: 'pipe', encoding: 'utf8' })

/** A real file system of its own over a folder, which has there what was in the folder. The caller removes it. */
export class SmallDisk {
  readonly #place: string
  readonly #aside: string

  private constructor(place: string, aside: string) {
    this.#place = place
    this.#aside = aside
  }

  /** Of ext4, with nothing kept for root. Needs root. */
  static over(place: string, megabytes: number): SmallDisk {
    const aside = mkdtempSync(path.join(tmpdir(), 'hosting-desk-disk-'))
    asRoot(
      `image=$2/image; truncate -s "$3M" "$image"; mkfs.ext4 -q -m 0 "$image"
       mkdir "$2/mounted"; mount -o loop "$image" "$2/mounted"; rmdir "$2/mounted/lost+found"
       cp -a "$1/." "$2/mounted"; umount "$2/mounted"; mount -o loop "$image" "$1"`,
      place,
      aside,
      `${megabytes}`,
    )
    return new SmallDisk(place, aside)
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#place)
    return bavail * bsize
  }

  /** Fills it so that no more than this is free: in small pieces, of which the last one fits. */
  fill(freeBytes: number): void {
    this.#remove('.filler')
    const bytes = this.freeBytes - freeBytes
    // The file system needs some for the file itself; what is then left is filled by the block.
    const first = bytes - (freeBytes === 0 ? 500_000 : 0)
    asRoot('mkdir "$1/.filler"; fallocate -l "$2" "$1/.filler/first"', this.#place, `${first}`)
    if (freeBytes === 0)
      asRoot('dd if=/dev/zero of="$1/.filler/rest" bs=1k 2>/dev/null || true', this.#place)
  }

  /** Fills it but for so many kilobytes, to the block. */
  fillBut(kilobytes: number): void {
    const spare = path.join(this.#place, '.spare')
    asRoot(
      'mkdir "$1"; n=0; while [ $n -lt "$2" ]; do head -c 1024 /dev/zero >"$1/$n"; n=$((n + 1)); done',
      spare,
      `${kilobytes}`,
    )
    this.fill(0)
    asRoot('rm -f "$1"/*; sync -f "$1"', spare)
  }

  free(): void {
    this.#remove('.filler', '.spare')
  }

  #remove(...names: string[]): void {
    for (const name of names) rmSync(path.join(this.#place, name), { recursive: true, force: true })
    // What is removed is free once that is on disk.
    asRoot('sync -f "$1"', this.#place)
  }

  remove(): void {
    asRoot('umount -l "$1"; rm -r "$2"', this.#place, this.#aside)
  }
}
