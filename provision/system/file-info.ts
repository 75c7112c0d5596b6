import { lstat } from 'node:fs/promises'

export interface FileInfo {
  uid: number
  gid: number
  /** Rights alone, with setuid, setgid and sticky. */
  mode: number
}

/** Whose something is and who may do what with it; links are not followed. Undefined where it is not there, or not for us. */
export async function findInfo(path: string): Promise<FileInfo | undefined> {
  const info = await lstat(path).catch(() => undefined)
  return info && { uid: info.uid, gid: info.gid, mode: info.mode & 0o7777 }
}
