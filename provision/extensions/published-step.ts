/** What takes a finished step back. */
export type Undo = () => Promise<void>

/** One change of the server. A step that fails leaves nothing of itself behind. */
export interface Step {
  /** For people, in the progress: “Copy the platform's files”. */
  title: string
  /**
   * What it returns is kept in memory only: where the whole program is killed, this step stays as it is, and the next command
   * says so. The steps that the desk makes are also taken back then.
   */
  run(signal: AbortSignal): Promise<Undo | undefined>
  /** After all steps: what cannot be taken back, such as removing what was moved aside. */
  discard?(): Promise<void>
}
