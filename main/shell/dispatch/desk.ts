import { connect } from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createORPCClient, ORPCError } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { createRouterClient } from '@orpc/server'
import { WebSocket } from 'ws'
import type { Contract } from '#shared/contract/index.ts'
import type { DeskError } from '#shared/contract/base.ts'
import { AppError, ERRORS, isAppError, type ErrorCode } from '#shared/errors.ts'
import { openApp, type App } from '../../app.ts'

/** How long an owner that does not listen yet is waited for. */
const OWNER_WAIT_MS = 10_000
const OWNER_POLL_MS = 100

export type DeskClient = ContractRouterClient<Contract>

/**
 * The application as a command sees it: the same calls, whether this process owns the store or asks the one that does.
 * `app` is there only for the owner.
 */
export interface OpenDesk extends AsyncDisposable {
  calls: DeskClient
  app: App | undefined
}

/** Opens the store, or asks the application that has it open. Throws `store.locked` where neither is possible in 10 s. */
export async function openDesk(folder: string): Promise<OpenDesk> {
  try {
    const app = await openApp({
      folder,
      shell: 'command-line',
      secretBox: null,
      ...bundledFiles(),
      now: Date.now,
    })
    return {
      calls: createRouterClient(app.router),
      app,
      [Symbol.asyncDispose]: () => app.close(),
    }
  } catch (error) {
    const socketPath = isAppError(error, 'store.locked') ? error.data['socketPath'] : undefined
    if (typeof socketPath !== 'string') throw error
    return askOwner(socketPath)
  }
}

export function bundledFiles(): { programFile: string; templateFolder: string } {
  const dist = path.resolve(import.meta.dirname, '..')
  return {
    programFile: path.join(dist, 'provision/provision.mjs'),
    templateFolder: path.join(dist, 'templates/static-site'),
  }
}

async function askOwner(socketPath: string): Promise<OpenDesk> {
  const socket = await connectToOwner(socketPath)
  return {
    // The link asks for the browser's type of the same interface.
    calls: createORPCClient(new RPCLink({ websocket: socket })),
    app: undefined,
    [Symbol.asyncDispose]: () => {
      socket.terminate()
      return Promise.resolve()
    },
  }
}

/** An owner that is still opening its store, or makes its demo server, does not listen yet. */
async function connectToOwner(socketPath: string): Promise<WebSocket> {
  const giveUpAt = performance.now() + OWNER_WAIT_MS
  for (;;) {
    try {
      return await openSocket(socketPath)
    } catch (cause) {
      if (performance.now() > giveUpAt)
        throw new AppError('store.locked', 'The running Hosting Desk does not answer.', { cause })
    }
    await delay(OWNER_POLL_MS)
  }
}

function openSocket(socketPath: string): Promise<WebSocket> {
  const socket = new WebSocket('ws://localhost/rpc', {
    createConnection: () => connect(socketPath),
  })
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** What stopped a call, by whichever way it went; undefined for a bug. */
export function toDeskFailure(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error
  if (!(error instanceof ORPCError) || error.code !== 'DESK') return undefined
  const { code, facts, problems } = error.data as DeskError
  const data = problems === undefined ? facts : { ...facts, problems }
  return new AppError(isErrorCode(code) ? code : 'input.invalid', error.message, { data })
}

const isErrorCode = (code: string): code is ErrorCode => code in ERRORS
