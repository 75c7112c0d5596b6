import type { ImportPreview, ImportResult } from '#shared/contract/import.ts'
import type { Id } from '#shared/domain/json.ts'
import type { Backend, BackendAddress } from '#shared/domain/objects.ts'
import { Title } from '#shared/domain/names.ts'
import { shorten } from '#shared/text.ts'
import type { DialectDriver } from '../backend/backend.ts'
import type { FoundDialect } from '../backend/dialect.ts'
import type { Secret } from '../lib/secret.ts'
import { Sequence } from '../lib/sequence.ts'
import type { Connection } from '../ssh/connection.ts'
import { findBackendAt } from '../store/queries/backends.ts'
import { listAllOn } from '../store/queries/objects.ts'
import { ChangeSet } from '../store/store.ts'
import type { UnitParts } from '../task/unit-of-work.ts'
import { ImportRun } from './import-run.ts'

/** What opens a login that is new here. */
interface TypedSecrets {
  password?: Secret
  passphrase?: Secret
}

export interface ImportsParts extends UnitParts {
  connect: (backendId: Id) => Promise<Connection>
  /** A connection beside the pool; the caller closes it. */
  open: (
    address: BackendAddress,
    secrets: TypedSecrets,
  ) => Promise<Connection & { close: () => void }>
  disconnect: (backendId: Id) => Promise<void>
  giveSecrets: (backendId: Id, secrets: TypedSecrets) => Promise<void>
  findDialect: (connection: Connection) => Promise<FoundDialect>
  driverOf: (backend: Backend) => DialectDriver
  /** How many tasks run at once on a backend that is new here. */
  backendLimit: number
}

/** An account that was looked at: what an import of it would do. */
interface Looked {
  backend: Backend
  run: ImportRun
  /** Aegir's own frontend does the recurring work there. */
  isShared: boolean
}

/** Starting from what is there: makes the objects here that a backend has contexts of. */
export class Imports {
  readonly #parts: ImportsParts
  /** One import of an address at a time: the second one finds it known. */
  readonly #imports = new Sequence()

  constructor(parts: ImportsParts) {
    this.#parts = parts
  }

  /** An account by its address; where it is new here and cannot be read, nothing of it stays. */
  async importFrom(address: BackendAddress, secrets: TypedSecrets = {}): Promise<ImportResult> {
    return await this.#imports.run(JSON.stringify(address), () =>
      this.#importFrom(address, secrets),
    )
  }

  async #importFrom(address: BackendAddress, secrets: TypedSecrets): Promise<ImportResult> {
    const known = findBackendAt(this.#parts.store, address)
    if (known !== undefined) return await this.importBackend(known.id)
    const backend = await this.#addBackend(address, secrets)
    try {
      return await this.#import(backend, { isNew: true })
    } catch (error) {
      await this.#forget(backend)
      throw error
    }
  }

  /** Repeatable: what is known is brought up to date, what is new is added, in one transaction; nothing is removed. */
  async importBackend(backendId: Id): Promise<ImportResult> {
    return await this.#import(this.#parts.store.get('backend', backendId), { isNew: false })
  }

  /** What an import of the account would come to. Nothing of an account that is new here is stored. */
  async previewFrom(address: BackendAddress, secrets: TypedSecrets = {}): Promise<ImportPreview> {
    const known = findBackendAt(this.#parts.store, address)
    if (known !== undefined) return await this.previewBackend(known.id)
    const connection = await this.#parts.open(address, secrets)
    try {
      return toPreview(await this.#lookOver(this.#toBackend(address), connection))
    } finally {
      connection.close()
    }
  }

  async previewBackend(backendId: Id): Promise<ImportPreview> {
    return toPreview(await this.#look(this.#parts.store.get('backend', backendId)))
  }

  async #import(known: Backend, { isNew }: { isNew: boolean }): Promise<ImportResult> {
    const { backend, run, isShared } = await this.#look(known)
    await this.#parts.store.commit(run.toChange({ isNew, isShared }))
    return { ...run.result, backendId: backend.id }
  }

  async #look(known: Backend): Promise<Looked> {
    const looked = await this.#lookOver(known, await this.#parts.connect(known.id))
    const { backend } = looked
    if (backend.dialect !== known.dialect)
      await this.#parts.store.commit(new ChangeSet().put('backend', backend))
    return looked
  }

  /** Finds out whose dialect the account speaks, as long as nothing of it is here, and lists what it has. */
  async #lookOver(known: Backend, connection: Connection): Promise<Looked> {
    const { store, findDialect, driverOf } = this.#parts
    const { dialect, isSharedWithFrontend: isShared } = await findDialect(connection)
    const isOpen = listAllOn(store, known.id).length === 0
    const backend = { ...known, dialect: isOpen ? dialect : known.dialect }
    const driver = driverOf(backend)
    await driver.prepare(connection)
    const run = new ImportRun(this.#parts, backend, connection.far.clockOffsetMs)
    run.take(await driver.list(connection))
    return { backend, run, isShared }
  }

  async #addBackend(address: BackendAddress, secrets: TypedSecrets): Promise<Backend> {
    const backend = this.#toBackend(address)
    await this.#parts.store.commit(new ChangeSet().put('backend', backend))
    await this.#parts.giveSecrets(backend.id, secrets)
    return backend
  }

  async #forget({ id }: Backend): Promise<void> {
    await this.#parts.disconnect(id)
    await this.#parts.store.commit(new ChangeSet().remove('backend', id))
  }

  #toBackend(address: BackendAddress): Backend {
    const { ids, now, backendLimit } = this.#parts
    return {
      ...address,
      id: ids.next(),
      title: Title.parse(shorten(address.host, 120)),
      dialect: 'native',
      limit: backendLimit,
      recurringOwner: 'desk',
      isDemo: false,
      createdAt: now(),
      changedAt: now(),
    }
  }
}

function toPreview({ backend, run }: Looked): ImportPreview {
  const { backendId: _, added, ...rest } = run.result
  return {
    ...rest,
    dialect: backend.dialect,
    added: added.map(({ kind, name }) => ({ kind, name })),
  }
}
