/** What is written of a backup that a task makes on its way; nothing where a person says it. */
const OCCASIONS: Readonly<Record<string, string>> = {
  restore: 'Before a restore',
  migrate: 'Before a migration',
  rename: 'Before a new name',
  clone: 'Before a clone',
  delete: 'Before the site was deleted',
}

export const occasionOf = (type: string): string => OCCASIONS[type] ?? ''
