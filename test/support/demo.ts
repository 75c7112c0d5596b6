import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2'
import { DemoServer, type DemoFacts } from '../../main/demo/demo-server.ts'

export interface ExecEnd {
  code: number | null
  signal: string | undefined
  out: Buffer
  err: string
}

/** A started demo server in a folder of its own, with a plain SSH client and a plain web client. */
export class DemoHarness {
  readonly data: string
  readonly demo: DemoServer
  facts: DemoFacts
  readonly #clients: Client[] = []

  private constructor(data: string, demo: DemoServer, facts: DemoFacts) {
    this.data = data
    this.demo = demo
    this.facts = facts
  }

  static async open(): Promise<DemoHarness> {
    const data = await mkdtemp(path.join(os.tmpdir(), 'desk-demo-'))
    const demo = new DemoServer(path.join(data, 'demo'))
    return new DemoHarness(data, demo, await demo.start())
  }

  async close(): Promise<void> {
    this.#clients.splice(0).forEach((client) => client.end())
    await this.demo.remove()
    await rm(this.data, { recursive: true, force: true })
  }

  async connect(changes: Partial<ConnectConfig> = {}): Promise<Client> {
    const client = new ssh2.Client()
    this.#clients.push(client)
    const { host, sshPort, user, hostKey, clientKeyFile } = this.facts
    const privateKey = await readFile(clientKeyFile)
    await new Promise<void>((resolve, reject) => {
      client.once('ready', () => resolve()).on('error', reject)
      client.connect({
        host,
        port: sshPort,
        username: user,
        privateKey,
        hostVerifier: (key: Buffer) => key.toString('base64') === hostKey.key,
        ...changes,
      })
    })
    return client
  }

  /** Runs a script of a test as the demo's account; throws where it fails. */
  async shell(script: string): Promise<string> {
    const { code, out, err } = await run(await this.connect(), `set -e; ${script}`)
    if (code !== 0) throw new Error(err)
    return out.toString()
  }

  async get(
    host: string,
    url: string,
    { method = 'GET', headers = {} }: { method?: string; headers?: http.OutgoingHttpHeaders } = {},
  ): Promise<{ status: number; text: string; headers: http.IncomingHttpHeaders }> {
    const options = { host: '127.0.0.1', port: this.facts.webPort, path: url, method, agent: false }
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      http
        .request({ ...options, headers: { host, ...headers } }, resolve)
        .on('error', reject)
        .end()
    })
    const parts: Buffer[] = []
    for await (const bytes of response) parts.push(bytes as Buffer)
    return {
      status: response.statusCode ?? 0,
      text: Buffer.concat(parts).toString(),
      headers: response.headers,
    }
  }
}

export const openExec = (client: Client, command: string): Promise<ClientChannel> =>
  new Promise((resolve, reject) =>
    client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel))),
  )

/** Everything that a channel brings, once it has closed. */
export function endOf(channel: ClientChannel): Promise<ExecEnd> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  channel.on('data', (bytes: Buffer) => out.push(bytes))
  channel.stderr.on('data', (bytes: Buffer) => err.push(bytes))
  return new Promise((resolve) => {
    let exit: [number | null, string?] = [null]
    channel.on('exit', (...args: [number | null, string?]) => (exit = args))
    channel.on('close', () =>
      resolve({
        code: exit[0],
        signal: exit[1],
        out: Buffer.concat(out),
        err: Buffer.concat(err).toString(),
      }),
    )
  })
}

export async function run(
  client: Client,
  command: string,
  stdin: Buffer | string = '',
): Promise<ExecEnd> {
  const channel = await openExec(client, command)
  const end = endOf(channel)
  channel.end(stdin)
  return end
}

export const sha256 = (data: Buffer | string): string =>
  createHash('sha256').update(data).digest('hex')

/** Takes away what an application left of its demo server outside of its data folder. */
export const removeDemoOf = (dataFolder: string): Promise<void> =>
  new DemoServer(path.join(dataFolder, 'demo')).remove()
