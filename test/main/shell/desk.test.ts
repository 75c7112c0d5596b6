import path from 'node:path'
import { onTestFinished, expect, test } from 'vitest'
import type { DeskRouter } from '../../../main/rpc/router.ts'
import { listenForClients } from '../../../main/rpc/owner-socket.ts'
import { openDesk } from '../../../main/shell/dispatch/desk.ts'
import { acquireOwnership } from '../../../main/store/owner.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('a command waits for an application that is still opening', async () => {
  const folder = path.join(temporaryFolder(), 'desk')
  const owner = await acquireOwnership({ folder, kind: 'long-lived', waitMs: 0 })
  onTestFinished(() => owner.release())
  const opening = openDesk(folder)
  // Long enough for the command to find the owner and nobody at the socket.
  const first = await Promise.race([
    opening.then(
      () => 'opened',
      () => 'given up',
    ),
    new Promise((resolve) => setTimeout(resolve, 600, 'waits')),
  ])
  expect(first).toBe('waits')
  const clients = await listenForClients({ router: {} as DeskRouter }, owner.socketPath)
  onTestFinished(() => clients.close())
  await using desk = await opening
  expect(desk.app).toBeUndefined()
})
