/** One thing that a command would change; what its dry run lists. */
export interface PlannedChange {
  kind: 'file' | 'folder' | 'database' | 'reload' | 'context' | 'slot' | 'certificate' | 'other'
  action: 'create' | 'change' | 'remove' | 'move' | 'run'
  /** What is changed: a path, the name of a database, `@context`. */
  target: string
  /** More about it, one line. */
  detail?: string
  /** Of a text file: a unified diff, without secrets and cut where it is long. */
  diff?: string
}
