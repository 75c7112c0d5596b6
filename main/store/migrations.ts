import objects from './migrations/001-objects.sql?raw'
import queues from './migrations/002-queues.sql?raw'
import overview from './migrations/003-overview.sql?raw'
import batches from './migrations/004-batches.sql?raw'
import certificates from './migrations/005-certificates.sql?raw'

/** Every migration, in order; the one at index n brings a file from `user_version` n to n + 1. */
export const MIGRATIONS: readonly string[] = [objects, queues, overview, batches, certificates]

/** What still has to be run on a file of this version, each with the version that it leads to. */
export const migrationsFrom = (version: number): { version: number; sql: string }[] =>
  MIGRATIONS.slice(version).map((sql, index) => ({ version: version + index + 1, sql }))
