import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TaskDetails } from '#shared/contract/task.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import type { ObjectKind } from '#shared/domain/objects.ts'
import type { DeskClient } from '../../main/shell/dispatch/desk.ts'
import { addSiteAlone } from './desk.ts'

/** One backend with a server, two platforms and an enabled site on the first, whatever its dialect. */
export interface TaskWorld {
  calls: () => DeskClient
  names: { server: string; platform: string; otherPlatform: string; site: string }
  /** Host names that nobody has yet. */
  free: { copy: string; renamed: string; fresh: string; found: string }
  /** Whether the platform's application has one-time links and cron. */
  isAble: boolean
  /** Queues a task and waits for its end. */
  run: (kind: ObjectKind, name: string, type: string, values?: JsonRecord) => Promise<TaskDetails>
  idOf: (kind: ObjectKind, name: string) => Promise<string>
  /** Puts a site's files where its platform looks for them, with nobody told of it. */
  bringFiles: (name: string) => void
  close: () => Promise<void>
}

interface Case {
  says: string
  on: (names: TaskWorld['names'] & TaskWorld['free']) => string
  kind: ObjectKind
  type: string
  values?: (world: TaskWorld) => Promise<JsonRecord> | JsonRecord
  /** What of the object is then so. */
  becomes?: JsonRecord
  /** More than that. */
  also?: (world: TaskWorld) => Promise<void>
  needsAbility?: boolean
}

const siteNamed = async ({ calls }: TaskWorld, name: string) =>
  (await calls().site.list({ limit: 1000 })).items.find((one) => one.name === name)
const backupsOf = async (world: TaskWorld, name: string) =>
  (await world.calls().backup.list({ siteId: await world.idOf('site', name), limit: 100 })).items

/** Every task of every kind of object, and what each must come to, over whichever dialect. In this order. */
const CASES: readonly Case[] = [
  {
    says: 'a server’s verify finds it in order',
    kind: 'server',
    type: 'verify',
    on: ({ server }) => server,
    becomes: { status: 'enabled' },
  },
  {
    says: 'a platform’s verify finds out what it carries',
    kind: 'platform',
    type: 'verify',
    on: ({ platform }) => platform,
    becomes: { status: 'enabled' },
    async also({ calls, idOf, names }) {
      const platform = await calls().platform.get({ id: await idOf('platform', names.platform) })
      expect(platform.application).not.toBeNull()
      expect(platform.verifiedAt).not.toBeNull()
    },
  },
  {
    says: 'a platform can be locked',
    kind: 'platform',
    type: 'lock',
    on: ({ platform }) => platform,
    becomes: { status: 'locked' },
  },
  {
    says: 'and unlocked',
    kind: 'platform',
    type: 'unlock',
    on: ({ platform }) => platform,
    becomes: { status: 'enabled' },
  },
  {
    says: 'a site’s verify finds it in order',
    kind: 'site',
    type: 'verify',
    on: ({ site }) => site,
    becomes: { status: 'enabled' },
    async also(world) {
      expect((await siteNamed(world, world.names.site))?.verifiedAt).not.toBeNull()
    },
  },
  {
    says: 'a backup is there with its size and description',
    kind: 'site',
    type: 'backup',
    on: ({ site }) => site,
    values: () => ({ description: 'before anything' }),
    async also(world) {
      const backups = await backupsOf(world, world.names.site)
      expect(backups).toMatchObject([{ description: 'before anything' }])
      expect(backups[0]?.sizeBytes).toBeGreaterThan(0)
      expect(backups[0]?.file).toMatch(/^\/.*\.tar/)
    },
  },
  {
    says: 'a restore goes back to it, and backs up what is there',
    kind: 'site',
    type: 'restore',
    on: ({ site }) => site,
    values: async (world) => ({ backup: (await backupsOf(world, world.names.site))[0]?.id ?? '' }),
    becomes: { status: 'enabled' },
    async also(world) {
      expect(await backupsOf(world, world.names.site)).toHaveLength(2)
    },
  },
  {
    says: 'a site can be taken off the web',
    kind: 'site',
    type: 'disable',
    on: ({ site }) => site,
    becomes: { status: 'disabled' },
  },
  {
    says: 'and put back',
    kind: 'site',
    type: 'enable',
    on: ({ site }) => site,
    becomes: { status: 'enabled' },
  },
  {
    says: 'a one-time link comes back where the application has one',
    kind: 'site',
    type: 'login-reset',
    on: ({ site }) => site,
    needsAbility: true,
  },
  {
    says: 'cron runs where the application has it',
    kind: 'site',
    type: 'cron',
    on: ({ site }) => site,
    needsAbility: true,
    async also(world) {
      expect((await siteNamed(world, world.names.site))?.lastCronAt).not.toBeNull()
    },
  },
  {
    says: 'a clone is a site of its own',
    kind: 'site',
    type: 'clone',
    on: ({ site }) => site,
    values: ({ free }) => ({ newName: free.copy }),
    becomes: { status: 'enabled' },
    async also(world) {
      expect(await siteNamed(world, world.free.copy)).toMatchObject({
        status: 'enabled',
        platformId: await world.idOf('platform', world.names.platform),
        url: expect.stringContaining(world.free.copy) as string,
      })
    },
  },
  {
    says: 'a migration puts the site on the other platform',
    kind: 'site',
    type: 'migrate',
    on: ({ site }) => site,
    values: async ({ idOf, names }) => ({
      platformId: await idOf('platform', names.otherPlatform),
    }),
    async also(world) {
      expect(await siteNamed(world, world.names.site)).toMatchObject({
        status: 'enabled',
        platformId: await world.idOf('platform', world.names.otherPlatform),
      })
    },
  },
  {
    says: 'a new name is the site’s from then on',
    kind: 'site',
    type: 'rename',
    on: ({ copy }) => copy,
    values: ({ free }) => ({ newName: free.renamed }),
    async also(world) {
      expect(await siteNamed(world, world.free.copy)).toBeUndefined()
      expect(await siteNamed(world, world.free.renamed)).toMatchObject({ status: 'enabled' })
    },
  },
  {
    says: 'backups can be removed',
    kind: 'site',
    type: 'backup-delete',
    on: ({ site }) => site,
    values: async (world) => ({
      backups: (await backupsOf(world, world.names.site)).map(({ id }) => id),
    }),
    async also(world) {
      expect(await backupsOf(world, world.names.site)).toEqual([])
    },
  },
  {
    says: 'a site can be deleted',
    kind: 'site',
    type: 'delete',
    on: ({ renamed }) => renamed,
    becomes: { status: 'deleted' },
  },
  {
    says: 'and the other one too',
    kind: 'site',
    type: 'delete',
    on: ({ site }) => site,
    becomes: { status: 'deleted' },
  },
  {
    says: 'a platform without sites can be deleted',
    kind: 'platform',
    type: 'delete',
    on: ({ otherPlatform }) => otherPlatform,
    becomes: { status: 'deleted' },
  },
  {
    says: 'and so can the last',
    kind: 'platform',
    type: 'delete',
    on: ({ platform }) => platform,
    becomes: { status: 'deleted' },
  },
  {
    says: 'a server without platforms can be deleted',
    kind: 'server',
    type: 'delete',
    on: ({ server }) => server,
    becomes: { status: 'deleted' },
  },
]

/** The tests of one dialect. */
export function testEveryTask(dialect: string, open: () => Promise<TaskWorld>): void {
  describe(`over the ${dialect} dialect`, () => {
    let world: TaskWorld
    beforeAll(async () => {
      world = await open()
    }, 120_000)
    afterAll(() => world.close())

    test('a new site is installed', async () => {
      const platformId = await world.idOf('platform', world.names.platform)
      const name = world.free.fresh
      const { site } = await world.calls().site.add({ name, platformId, aliases: [] })
      await expectSuccess(world, 'site', name)
      expect(await world.calls().site.get({ id: site.id })).toMatchObject({
        status: 'enabled',
        url: expect.stringContaining(name) as string,
      })
      expect((await world.run('site', name, 'delete')).status).toBe('success')
    })

    test('a site that is on the server is imported', async () => {
      const platformId = await world.idOf('platform', world.names.platform)
      const name = world.free.found
      world.bringFiles(name)
      const id = await addSiteAlone(world.calls(), name, platformId)
      expect(await world.calls().site.get({ id })).toMatchObject({ url: null })
      const task = await world.run('site', name, 'import')
      expect(task).toMatchObject({ type: 'import', errorMessage: null })
      expect(['success', 'warning']).toContain(task.status)
      const site = await world.calls().site.get({ id })
      expect(site).toMatchObject({
        status: 'enabled',
        platformId,
        url: expect.stringContaining(name) as string,
      })
      expect(site.savedOptions).not.toBeNull()
      // What is there now is not taken over once more.
      await expect(world.run('site', name, 'import')).rejects.toThrow(/installed already/)
      expect((await world.run('site', name, 'delete')).status).toBe('success')
    })

    /** A server's verify has its platforms verified, too. */
    const untilQuiet = (): Promise<void> =>
      expect
        .poll(
          async () => {
            const wish = { statuses: ['queued' as const, 'processing' as const], limit: 1 }
            return (await world.calls().task.list(wish)).total
          },
          { timeout: 60_000 },
        )
        .toBe(0)

    test.each(CASES.map((one) => [one.says, one] as const))('%s', async (_says, one) => {
      await untilQuiet()
      const name = one.on({ ...world.names, ...world.free })
      const id = await world.idOf(one.kind, name)
      if (one.needsAbility === true && !world.isAble) {
        await expect(world.run(one.kind, name, one.type)).rejects.toThrow(/Static files have no /)
        return
      }
      const task = await world.run(one.kind, name, one.type, (await one.values?.(world)) ?? {})
      expect(task).toMatchObject({ errorMessage: null })
      expect(['success', 'warning']).toContain(task.status)
      expect(await world.calls()[one.kind].get({ id })).toMatchObject(one.becomes ?? {})
      await one.also?.(world)
    })
  })
}

/** The last task of an object has succeeded; waits for it. */
async function expectSuccess(world: TaskWorld, kind: ObjectKind, name: string): Promise<void> {
  const objectId = await world.idOf(kind, name)
  await expect
    .poll(
      async () => {
        const { items } = await world.calls().task.list({ objectId, limit: 1 })
        return items[0]?.errorMessage ?? items[0]?.status
      },
      { timeout: 60_000 },
    )
    .toMatch(/^(success|warning)$/)
}
