import { cpSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import type { ObjectKind } from '#shared/domain/objects.ts'
import { untilEnded } from '../support/desk.ts'
import { RECORDED_CONTEXTS } from '../support/drush/aegir-account.ts'
import { openDeskAtAegir } from '../support/drush/desk-at-aegir.ts'
import { openServerAtWork } from '../support/server-at-work.ts'
import { testEveryTask, type TaskWorld } from '../support/task-suite.ts'

testEveryTask('native', async (): Promise<TaskWorld> => {
  const work = await openServerAtWork('hdtasks')
  const [from, to] = ['plain', 'other'].map((name) =>
    path.join(work.account.home, 'platforms', name),
  )
  cpSync(from ?? '', to ?? '', { recursive: true })
  execFileSync('chown', ['-R', `${work.account.uid}:${work.account.uid}`, to ?? ''])
  const { platform } = await work
    .calls()
    .platform.add({ title: 'Other', serverId: work.serverId, root: to ?? '' })
  await work.untilQuiet()
  const idOf = async (kind: ObjectKind, name: string): Promise<string> => {
    const { items } = await work.calls()[kind].list({ limit: 1000 })
    return items.find((one) => one.name === name && one.status !== 'deleted')?.id ?? ''
  }
  return {
    calls: () => work.calls(),
    names: {
      server: 'server_web1',
      platform: 'platform_Plain',
      otherPlatform: platform.name,
      site: work.site,
    },
    free: {
      copy: 'copy.server-work.example',
      renamed: 'renamed.server-work.example',
      fresh: 'fresh.server-work.example',
      found: 'found.server-work.example',
    },
    isAble: false,
    idOf,
    async run(objectKind, name, type, values = {}) {
      const objectId = await idOf(objectKind, name)
      const { title: confirmation } = await work.calls()[objectKind].get({ id: objectId })
      const wish = { objectKind, objectId, type, values, confirmation }
      const { id } = await work.calls().task.add(wish)
      return untilEnded(work.calls(), id)
    },
    bringFiles(name) {
      work.asAccount(`mkdir sites/${name} && echo found >sites/${name}/index.html`)
    },
    close: () => work.close(),
  }
})

testEveryTask('Aegir', async (): Promise<TaskWorld> => {
  const desk = await openDeskAtAegir('hdaegirt')
  desk.aegir.put(RECORDED_CONTEXTS)
  desk.aegir.set({ frontend: 'alive' })
  desk.aegir.put({
    hostmaster: { context_type: 'site', uri: 'aegir.test', platform: '@platform_h' },
  })
  await desk.openNew()
  await desk.importAll()
  return {
    calls: desk.calls,
    names: {
      server: 'server_master',
      platform: 'platform_drupal7',
      otherPlatform: 'platform_drupal7b',
      site: 'site1.aegir.test',
    },
    free: {
      copy: 'clone1.aegir.test',
      renamed: 'renamed1.aegir.test',
      fresh: 'site2.aegir.test',
      found: 'found1.aegir.test',
    },
    isAble: true,
    idOf: desk.idOf,
    run: desk.run,
    bringFiles(name) {
      desk.aegir.asAccount(`mkdir -p platforms/drupal7/sites/${name}`)
    },
    close: desk.close,
  }
})
