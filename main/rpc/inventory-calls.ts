import type { Desk } from './router.ts'
import type { RpcParts } from './parts.ts'
import { viewServices } from './service-view.ts'
import { toSecrets } from './backend-calls.ts'
import { toBackupRows } from './backup-rows.ts'
import { toPlatformRows, toServerRows, toSiteRows, withoutPackages, withoutReport } from './rows.ts'
import { listBackups } from '../store/queries/backups.ts'
import { listClients, toClientRow } from '../store/queries/clients.ts'
import { forgetObject, removeClient } from '../inventory/removal.ts'
import { listPlatforms, listServers, listSites, listTags } from '../store/queries/objects.ts'
import { findPendingChanges, takeBack } from '../inventory/pending.ts'
import { AppError } from '#shared/errors.ts'
import { tellSchedule } from '../inventory/recurring-owner.ts'

export function inventoryCalls(desk: Desk, parts: RpcParts) {
  const { server, platform, site, client, object, backup } = desk
  const { store, inventory, editing, registry } = parts
  const one = <Row>([row]: Row[], kind: string): Row => {
    if (row !== undefined) return row
    throw new AppError('object.not-found', `This ${kind} is no longer here.`)
  }
  return {
    server: server.router({
      list: server.list.handler(({ input }) => {
        const { items, total } = listServers(store, input)
        return { items: toServerRows(store, items), total }
      }),
      get: server.get.handler(({ input }) =>
        one(toServerRows(store, [store.get('server', input.id)]), 'server'),
      ),
      serviceTypes: server.serviceTypes.handler(() =>
        registry.services().map((type) => ({
          ...type,
          defaultRestartCommand: type.defaultRestartCommand ?? null,
          hasRestartCommand: type.defaultRestartCommand !== undefined,
          form: type.form ?? { fields: [] },
          isHidden: type.isHidden ?? false,
        })),
      ),
      services: server.services.handler(({ input }) => viewServices(parts, input.id)),
      add: server.add.handler(async ({ input }) => {
        const added = await inventory.addServer(input, 'edit')
        if ('address' in input.backend) {
          await parts.giveSecrets(added.server.backendId, toSecrets(input.backend.secrets))
        }
        return added
      }),
      edit: server.edit.handler(({ input }) =>
        editing.editServer(input, 'edit', (backendId) =>
          parts.giveSecrets(backendId, toSecrets(input.account?.secrets)),
        ),
      ),
      forget: server.forget.handler(async ({ input }) => {
        await forgetObject(store, 'server', input.id)
        return {}
      }),
    }),
    platform: platform.router({
      list: platform.list.handler(({ input }) => {
        const { items, total } = listPlatforms(store, input)
        return { items: toPlatformRows(store, items).map(withoutPackages), total }
      }),
      get: platform.get.handler(({ input }) =>
        one(toPlatformRows(store, [store.get('platform', input.id)]), 'platform'),
      ),
      add: platform.add.handler(({ input }) => inventory.addPlatform(input, 'edit')),
      edit: platform.edit.handler(({ input }) => editing.editPlatform(input, 'edit')),
      forget: platform.forget.handler(async ({ input }) => {
        await forgetObject(store, 'platform', input.id)
        return {}
      }),
    }),
    site: site.router({
      list: site.list.handler(({ input }) => {
        const { items, total } = listSites(store, input)
        return { items: toSiteRows(store, items).map(withoutReport), total }
      }),
      get: site.get.handler(({ input }) =>
        one(toSiteRows(store, [store.get('site', input.id)]), 'site'),
      ),
      add: site.add.handler(({ input }) => inventory.addSite(input, 'user')),
      log: site.log.handler(({ input, signal }) => parts.siteLogs.read(input, signal)),
      edit: site.edit.handler(({ input }) => editing.editSite(input, 'edit')),
      forget: site.forget.handler(async ({ input }) => {
        await forgetObject(store, 'site', input.id)
        return {}
      }),
    }),
    client: client.router({
      list: client.list.handler(({ input }) => listClients(store, input)),
      get: client.get.handler(({ input }) => toClientRow(store, store.get('client', input.id))),
      add: client.add.handler(({ input }) => inventory.addClient(input)),
      edit: client.edit.handler(({ input }) => editing.editClient(input, 'edit')),
      remove: client.remove.handler(async ({ input }) => {
        await removeClient(store, input.id)
        return {}
      }),
    }),
    object: object.router({
      tag: object.tag.handler(async ({ input }) => {
        await inventory.tag(input.kind, input.ids, input)
        return {}
      }),
      tags: object.tags.handler(({ input }) => listTags(store, input.kind)),
      pendingChanges: object.pendingChanges.handler(({ input: { kind, id } }) =>
        findPendingChanges(parts.unit, kind, id),
      ),
      takeBack: object.takeBack.handler(({ input: { kind, id } }) =>
        takeBack(parts.unit, kind, id),
      ),
    }),
    backup: backup.router({
      schedule: backup.schedule.handler(async ({ input }) => {
        const site = await inventory.scheduleBackups(input.siteId, input.everySeconds)
        await tellSchedule(parts.unit, site)
        return site
      }),
      list: backup.list.handler(({ input }) => {
        const { items, total } = listBackups(store, input)
        return { items: toBackupRows(parts, items), total }
      }),
      get: backup.get.handler(({ input }) =>
        one(toBackupRows(parts, [store.get('backup', input.id)]), 'backup'),
      ),
      download: backup.download.handler(async function* ({ input, signal = NEVER }) {
        yield* parts.downloads.download(store.get('backup', input.id), signal)
      }),
    }),
  }
}

const NEVER = new AbortController().signal
