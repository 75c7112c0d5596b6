/** What a shell can do on this computer beyond a browser's page; only the desktop has any. */
export interface ShellAbilities {
  /** Opens the person's terminal with a command in it: as words, and as one line for a shell. */
  openTerminal(command: { argv: readonly string[]; line: string }): Promise<void>
  /** Shows a folder in the system's file manager. */
  openFolder(folder: string): Promise<void>
  /** Asks where a file is to be saved; undefined where the person does not want it after all. */
  chooseSaveFile(name: string): Promise<string | undefined>
  /** Asks for a file to read. */
  chooseOpenFile(): Promise<string | undefined>
}
