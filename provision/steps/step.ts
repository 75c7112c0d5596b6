/** What takes a finished step back. */
export type Undo = () => Promise<void>

/** One change of the server. A step that fails leaves nothing of itself behind. */
export interface Step {
  /** For people, in the progress: “Copy the platform's files”. */
  title: string
  run(signal: AbortSignal): Promise<Undo | undefined>
  /** After all steps: what cannot be taken back, such as removing what was moved aside. */
  discard?(): Promise<void>
}
