import { connect } from 'node:net'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { WebSocket } from 'ws'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { eventually } from './eventually.ts'

export interface OwnerCalls {
  calls: DeskClient
  close(): void
}

/** The calls of a running application, over the socket of its data folder. */
export async function askOwner(socketPath: string): Promise<OwnerCalls> {
  const socket = await eventually(() => openSocket(socketPath))
  return {
    calls: createORPCClient(new RPCLink({ websocket: socket })),
    close: () => socket.terminate(),
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
