import { chmod, mkdir, rm } from 'node:fs/promises'
import type net from 'node:net'
import path from 'node:path'
import type http from 'node:http'
import { ensureDemoAccount, runAs, type DemoAccount } from './demo-account.ts'
import { ensureKey, fingerprintOf } from './demo-keys.ts'
import { ensureNode, ownNode } from './demo-node.ts'
import { endProcesses } from './demo-processes.ts'
import { DemoSsh } from './demo-ssh.ts'
import { createDemoWeb } from './demo-web.ts'
import { readState, writeState } from './state-file.ts'

/** Where the demo server is to be found, as one would enter it for any other server. */
export interface DemoFacts {
  host: '127.0.0.1'
  sshPort: number
  webPort: number
  user: string
  /** The home folder of its account. */
  home: string
  hostKey: { type: 'ssh-ed25519'; key: string; fingerprint: string }
  /** The private key that logs in, for the login method `key`. */
  clientKeyFile: string
  /** A port was taken, so that another one is used from now on: its backend's address and web port have to follow. */
  isMoved: boolean
}

type State = { state: 'stopped' } | { state: 'started'; ssh: DemoSsh; web: http.Server }

/**
 * A server to start with, inside this process and on loopback only: SSH for one key, and the web sites that the
 * program puts there. It is reached like any other server.
 *
 * States: `stopped` → `start()` → `started` → `stop()` → `stopped`. Runs survive a stop and the end of this process.
 */
export class DemoServer {
  readonly #folder: string
  #state: State = { state: 'stopped' }

  /** Where a POSIX shell is at hand. */
  static isSupported(platform: string = process.platform): boolean {
    return platform === 'linux' || platform === 'darwin'
  }

  /** `folder`: keeps its keys and ports, 0700; made where it is not there. */
  constructor(folder: string) {
    this.#folder = path.resolve(folder)
  }

  /** Opens both ports. @throws AppError `demo.no-account`; an error of the system where no port can be had at all. */
  async start(): Promise<DemoFacts> {
    await this.stop()
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await chmod(this.#folder, 0o700)
    const account = await ensureDemoAccount(this.#folder)
    await ensureNode(account, ownNode())
    const hostKey = await ensureKey(this.#folder, 'host_key')
    const clientKey = await ensureKey(this.#folder, 'client_key')

    const before = await readState(this.#folder)
    const ssh = new DemoSsh({ account, hostKey, clientKey })
    const web = createDemoWeb(sitesOf(account))
    this.#state = { state: 'started', ssh, web }
    try {
      const sshPort = await listenNear(ssh.listener, before.sshPort)
      const webPort = await listenNear(web, before.webPort)
      await writeState(this.#folder, { sshPort, webPort })
      return {
        host: '127.0.0.1',
        sshPort,
        webPort,
        user: account.name,
        home: account.home,
        hostKey: {
          type: 'ssh-ed25519',
          key: hostKey.publicKey.toString('base64'),
          fingerprint: fingerprintOf(hostKey.publicKey),
        },
        clientKeyFile: clientKey.file,
        isMoved: before.sshPort !== 0 && (sshPort !== before.sshPort || webPort !== before.webPort),
      }
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Closes the ports and all connections; runs go on. */
  async stop(): Promise<void> {
    if (this.#state.state === 'stopped') return
    const { ssh, web } = this.#state
    this.#state = { state: 'stopped' }
    const webClosed = new Promise<void>((resolve) => web.close(() => resolve()))
    web.closeAllConnections()
    await Promise.all([ssh.close(), webClosed])
  }

  /** Stops it, ends what still runs there, and deletes its home and its folder. */
  async remove(): Promise<void> {
    await this.stop()
    const account = await ensureDemoAccount(this.#folder)
    await endProcesses(account.marker)
    await emptyHome(account)
    await rm(account.base, { recursive: true, force: true })
    await rm(this.#folder, { recursive: true, force: true })
  }
}

const sitesOf = ({ home, uid }: DemoAccount) => ({
  listFolder: path.join(home, 'web', 'sites.d'),
  sitesFolder: path.join(home, 'sites'),
  uid,
})

/**
 * Done by the account itself, so that folders which it swaps meanwhile lead to nothing that is not its own anyway. What
 * it may not delete is left for the caller.
 */
async function emptyHome(account: DemoAccount): Promise<void> {
  const script = 'chmod -R u+rwX "$1"; find "$1" -mindepth 1 -depth -delete'
  await runAs(account, ['/bin/sh', '-c', script, 'sh', account.home]).catch(() => undefined)
}

/** Listens on loopback, on the port that was used before where it is free, else on any. */
async function listenNear(server: net.Server, port: number): Promise<number> {
  try {
    return await listen(server, port)
  } catch (error) {
    if (port === 0) throw error
    return await listen(server, 0)
  }
}

function listen(server: net.Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('no port'))
      else resolve(address.port)
    })
  })
}
