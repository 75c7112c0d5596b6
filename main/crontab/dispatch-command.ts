import path from 'node:path'
import { commandLine, quoteWord } from '../ssh/shell-quote.ts'

/** What cron is to start, every minute. */
export type DispatchTarget =
  /** The installed application: its own binary is its Node, and the command line lies in its archive. */
  | { kind: 'application'; executable: string; cliFile: string; dataFolder: string }
  /** The application in one file, mounted anew at each start: the command line is found from inside. */
  | { kind: 'appimage'; file: string; cliBesideExecutable: string; dataFolder: string }
  /** A checkout, run by Node. */
  | { kind: 'node'; node: string; cliFile: string; dataFolder: string }
  /** The program on a server. */
  | { kind: 'server'; node: string; home: string }

/** Shorter than cron's minute, so that one dispatch is over when the next begins. */
const FOR = '55s'

/**
 * The command that dispatches (Aegir's _hosting_dispatch_cmd), for /bin/sh. What it prints is thrown away; what goes
 * wrong is left for cron to mail.
 */
export function dispatchCommand(target: DispatchTarget): string {
  return `${words(target)} >/dev/null`
}

function words(target: DispatchTarget): string {
  switch (target.kind) {
    case 'application': {
      const { executable, cliFile, dataFolder } = target
      return asNode([executable, cliFile, ...deskWords(dataFolder)])
    }
    case 'appimage': {
      const { file, cliBesideExecutable, dataFolder } = target
      const script = `import(require('node:url').pathToFileURL(require('node:path').join(process.execPath,'..',process.argv[1])))`
      return asNode([file, '-e', script, cliBesideExecutable, ...deskWords(dataFolder)])
    }
    case 'node': {
      const { node, cliFile, dataFolder } = target
      return commandLine([node, cliFile, ...deskWords(dataFolder)])
    }
    case 'server':
      return commandLine([target.node, `${target.home}/.hosting-desk/bin/provision`, 'dispatch'])
  }
}

const deskWords = (dataFolder: string): string[] => ['dispatch', '--for', FOR, '--data', dataFolder]

const asNode = (argv: readonly string[]): string =>
  `ELECTRON_RUN_AS_NODE=1 ${argv.map(quoteWord).join(' ')}`

/** How this very application is started from outside, as its process shows. */
export function findDispatchTarget({
  execPath,
  isElectron,
  appImage,
  cliFile,
  dataFolder,
}: {
  execPath: string
  isElectron: boolean
  /** Set by an AppImage for what it starts: the one file that it is. */
  appImage: string | undefined
  cliFile: string
  dataFolder: string
}): DispatchTarget {
  if (!isElectron) return { kind: 'node', node: execPath, cliFile, dataFolder }
  if (appImage === undefined)
    return { kind: 'application', executable: execPath, cliFile, dataFolder }
  const cliBesideExecutable = path.relative(path.dirname(execPath), cliFile)
  return { kind: 'appimage', file: appImage, cliBesideExecutable, dataFolder }
}
