import os from 'node:os'
import path from 'node:path'

/** Where everything of ours lies below the account's home folder. */
export interface Folders {
  home: string
  contexts: string
  /** Server halves of extensions, one folder a content. */
  extensions: string
  /** What commands that go on, or were cut off, have noted: how to take back what they did. */
  journals: string
  /** One file a slot that is taken: whose it is. */
  slotClaims: string
  locks: string
  /** Room for the notes of who makes room (system/reserve.ts). */
  reserve: string
  /** What dispatching remembers, one file a queue and server. */
  dispatch: string
  /** Runs, the frontend's and our own, and those that are being made. */
  runs: string
  unfinished: string
  sites: string
  /** Sites with code, one folder a slot. */
  slots: string
  backups: string
  nginx: string
  /** Certificates with their keys, as the web service reads them. */
  tls: string
  /** What proves to an authority that a name is ours: its `.well-known/acme-challenge` is served by every site. */
  challenges: string
  /** The account with the authority. */
  acme: string
  web: string
}

export function foldersOf(home: string): Folders {
  const desk = path.join(home, '.hosting-desk')
  return {
    home,
    contexts: path.join(desk, 'contexts'),
    extensions: path.join(desk, 'extensions'),
    journals: path.join(desk, 'journals'),
    slotClaims: path.join(desk, 'slots'),
    locks: path.join(desk, 'locks'),
    reserve: path.join(desk, 'reserve'),
    dispatch: path.join(desk, 'dispatch'),
    runs: path.join(desk, 'runs'),
    unfinished: path.join(desk, 'tmp'),
    sites: path.join(home, 'sites'),
    slots: path.join(home, 'slots'),
    backups: path.join(home, 'backups'),
    nginx: path.join(home, 'nginx'),
    tls: path.join(home, 'nginx', 'tls'),
    challenges: path.join(home, 'nginx', 'acme'),
    acme: path.join(desk, 'acme'),
    web: path.join(home, 'web'),
  }
}

/** The home folder by the environment, as a shell has it, else by the account's entry. */
export const findHome = (): string => os.homedir()

/** The name of the account that this runs as. */
export const accountName = (): string => os.userInfo().username

/** What sshd starts for each command. */
export const loginShell = (): string => os.userInfo().shell ?? '/bin/sh'

/** The effective user; -1 on systems that have none. */
export const effectiveUid = (): number => process.geteuid?.() ?? -1
