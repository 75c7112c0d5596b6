import { createORPCClient, DynamicLink } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '#shared/contract/index.ts'
import { isOnDesktop } from '../lib/desktop.ts'
import { whenOpen } from './connection.ts'
import { openPortLink } from './port-link.ts'
import { openWebSocketLink } from './websocket-link.ts'

/** Everything main can be asked. A call made while the connection is down goes out when it is back. */
export const rpc: ContractRouterClient<Contract> = createORPCClient(new DynamicLink(whenOpen))

/** On the desktop the preload says so and hands over a port; in a browser there is a WebSocket. */
export function connect(): void {
  if (isOnDesktop()) openPortLink()
  else openWebSocketLink()
}
