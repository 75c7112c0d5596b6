import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Id } from '#shared/domain/json.ts'
import type { Backend } from '#shared/domain/objects.ts'
import { AppError } from '#shared/errors.ts'
import type { Connection } from '../ssh/connection.ts'
import { findDemoBackend } from '../store/queries/backends.ts'
import { listAllOn, listPlatformsOf, listServersOn, listSitesOf } from '../store/queries/objects.ts'
import { listUnfinishedTasksOf } from '../store/queries/tasks.ts'
import { ChangeSet, type Store } from '../store/store.ts'
import type { Editing } from './editing.ts'
import type { Inventory } from './inventory.ts'
import { removeAccount } from './removal.ts'

/** What the embedded server tells of itself once it listens. */
export interface DemoFacts {
  host: string
  sshPort: number
  webPort: number
  user: string
  home: string
  hostKey: { type: string; key: string; fingerprint: string }
  clientKeyFile: string
}

export interface DemoParts {
  store: Store
  inventory: Inventory
  editing: Editing
  isSupported: boolean
  server: { start(): Promise<DemoFacts>; stop(): Promise<void>; remove(): Promise<void> }
  trust: (key: {
    host: string
    port: number
    type: string
    key: string
    fingerprint: string
  }) => Promise<void>
  connect: (backendId: Id) => Promise<Connection>
  disconnect: (backendId: Id) => Promise<void>
  /** The folder of the static platform that comes with it. */
  templateFolder: string
  now: () => number
}

/**
 * The demo server among the hosting objects: entered as any server is, with one platform, and taken out as a whole.
 * After this nothing in main knows that it is special.
 */
export class DemoInventory {
  readonly #parts: DemoParts
  #problem: string | null = null

  constructor(parts: DemoParts) {
    this.#parts = parts
  }

  state(): { isSupported: boolean; backendId: Id | null; problem: string | null } {
    const backend = findDemoBackend(this.#parts.store)
    return {
      isSupported: this.#parts.isSupported,
      backendId: backend?.id ?? null,
      problem: this.#problem,
    }
  }

  /** Starts the server where there is one. A port that was taken meanwhile got a new one: the objects follow. */
  async open(): Promise<void> {
    const backend = findDemoBackend(this.#parts.store)
    if (backend === undefined || !this.#parts.isSupported) return
    try {
      const facts = await this.#parts.server.start()
      await this.#trust(facts)
      await this.#follow(backend, facts)
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error)
    }
  }

  /** Makes the server with its platform; where it is there already, says which it is. */
  async add(): Promise<Id> {
    const { store, inventory, server, isSupported, connect } = this.#parts
    const present = findDemoBackend(store)
    if (present !== undefined) return present.id
    if (!isSupported) {
      throw new AppError(
        'demo.unsupported',
        'The demo server needs Linux or macOS. Add a server of your own instead.',
      )
    }
    const facts = await server.start()
    await this.#trust(facts)
    const added = await inventory.addServer(
      {
        title: 'Demo server',
        backend: { address: addressOf(facts) },
        services: { http: { type: 'embedded', port: facts.webPort, restartCommand: null } },
        isDemo: true,
      },
      'hook',
    )
    const root = `${facts.home}/platforms/static-site`
    await putFolder(await connect(added.server.backendId), this.#parts.templateFolder, root)
    await inventory.addPlatform(
      { title: 'Static site', serverId: added.server.id, root, afterId: added.task.id },
      'hook',
    )
    this.#problem = null
    return added.server.backendId
  }

  /** Removes the server with all that is on it, here and there. Refused while a task runs on it. */
  async remove(): Promise<void> {
    const { store, server, disconnect } = this.#parts
    const backend = findDemoBackend(store)
    if (backend === undefined) return
    const change = new ChangeSet()
    for (const object of listAllOn(store, backend.id)) {
      const unfinished = listUnfinishedTasksOf(store, object.id)
      const [running] = unfinished.filter(({ status }) => status === 'processing')
      if (running !== undefined) {
        throw new AppError(
          'object.in-use',
          `Task ${running.number} still runs on the demo server: wait for it or cancel it.`,
        )
      }
      for (const task of unfinished)
        change.put('task', { ...task, status: 'cancelled', endedAt: this.#parts.now() })
    }
    await store.commit(removeAccount(store, backend.id, change))
    await disconnect(backend.id)
    await server.remove()
  }

  async close(): Promise<void> {
    await this.#parts.server.stop()
  }

  async #trust({ host, sshPort, hostKey }: DemoFacts): Promise<void> {
    await this.#parts.trust({ host, port: sshPort, ...hostKey })
  }

  async #follow(backend: Backend, facts: DemoFacts): Promise<void> {
    const { store, editing } = this.#parts
    const address = addressOf(facts)
    if (backend.port !== facts.sshPort || backend.user !== facts.user) {
      await editing.editBackend({
        id: backend.id,
        title: backend.title,
        limit: backend.limit,
        address,
      })
    }
    for (const server of listServersOn(store, backend.id)) {
      const http = server.services['http']
      if (http === undefined || http.port === facts.webPort) continue
      await editing.editServer(
        {
          id: server.id,
          title: server.title,
          services: { ...server.services, http: { ...http, port: facts.webPort } },
        },
        'edit',
      )
      // A site's address holds the port: each is written anew.
      for (const platform of listPlatformsOf(store, server.id)) {
        for (const site of listSitesOf(store, platform.id)) {
          if (site.url !== null) await editing.editSite(site, 'edit')
        }
      }
    }
  }
}

const addressOf = ({ host, sshPort, user, clientKeyFile }: DemoFacts) => ({
  host,
  port: sshPort,
  user,
  login: { method: 'key' as const, keyFile: clientKeyFile },
})

/** Copies a folder of text files to the account, as the account. */
async function putFolder(connection: Connection, from: string, to: string): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true })
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = path.join(entry.parentPath, entry.name)
    const target = `${to}/${path.relative(from, file).split(path.sep).join('/')}`
    const { exitCode, stderr } = await connection.exec({
      script: 'mkdir -p "$1" && cat > "$2"',
      argv: [path.posix.dirname(target), target],
      stdin: await readFile(file),
    })
    if (exitCode !== 0) throw new Error(`${target} could not be written: ${stderr}`)
  }
}
