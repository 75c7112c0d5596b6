import type { FormProblems } from '#shared/domain/form.ts'
import type { JsonRecord } from '#shared/domain/json.ts'
import { toContext, type Platform, type Site } from '#shared/domain/objects.ts'
import { parsePackages, toSourceOptions } from '#shared/domain/platform-source.ts'
import { defineTaskType, type Feature } from '../../hooks/feature.ts'
import type { ReadingHost } from '../../hooks/host.ts'
import { takeOver, textOrNull } from '../effects.ts'
import { refusalForTarget } from '../sites/site-targets.ts'

const NOT_WHEN_DELETED = 'The platform was deleted.'
const NOT_YET_VERIFIED = 'It has not been verified yet.'

const enabledSites = (platform: Platform, host: ReadingHost): Site[] =>
  host.sitesOf(platform.id).filter(({ status }) => status === 'enabled')

/** The first reason why a site of this platform cannot go to the chosen one. */
function checkSitesTarget(values: JsonRecord, platform: Platform, host: ReadingHost): FormProblems {
  if (values['platformId'] === platform.id) return { platformId: 'This is the platform itself.' }
  for (const site of enabledSites(platform, host)) {
    const refusal = refusalForTarget(values['platformId'], site, host)
    if (refusal !== null) return { platformId: refusal }
  }
  return {}
}

/** Platforms: what a backend keeps of them, and their tasks. */
export const platforms: Feature = {
  name: 'platforms',
  title: 'Platforms',
  description: 'Codebases on servers, on which sites run.',
  group: 'Hosting',
  isRequired: true,
  requires: ['servers'],

  taskTypes: [
    defineTaskType({
      type: 'verify',
      objectKind: 'platform',
      title: 'Verify',
      description: 'Fetch the code where it is not there yet, and find out what it is.',
      weight: 0,
      savesContext: true,
      refusal: (platform) => (platform.status === 'deleted' ? NOT_WHEN_DELETED : null),
    }),
    defineTaskType({
      type: 'lock',
      objectKind: 'platform',
      title: 'Lock',
      description: 'Let no new site onto this platform.',
      weight: 10,
      savesContext: false,
      refusal: (platform) =>
        platform.status === 'enabled'
          ? null
          : platform.status === 'locked'
            ? 'It is locked.'
            : NOT_YET_VERIFIED,
    }),
    defineTaskType({
      type: 'unlock',
      objectKind: 'platform',
      title: 'Unlock',
      description: 'Let new sites onto this platform again.',
      weight: 11,
      savesContext: false,
      refusal: (platform) => (platform.status === 'locked' ? null : 'It is not locked.'),
    }),
    defineTaskType({
      type: 'migrate',
      objectKind: 'platform',
      title: 'Migrate sites',
      description: 'Move every enabled site to another platform, one task each.',
      weight: 20,
      savesContext: false,
      isBatch: true,
      hasDialog: true,
      form: {
        fields: [
          {
            name: 'platformId',
            type: 'object',
            objectKind: 'platform',
            label: 'To the platform',
            isRequired: true,
          },
        ],
      },
      validate: (values, platform, host) => checkSitesTarget(values, platform, host),
      refusal: (platform, host) =>
        platform.status === 'deleted'
          ? NOT_WHEN_DELETED
          : enabledSites(platform, host).length > 0
            ? null
            : 'It carries no enabled site.',
      addTasks(platform, values, host) {
        for (const site of enabledSites(platform, host)) {
          host.addTask(site, 'migrate', { platformId: values['platformId'] ?? null })
        }
      },
    }),
    defineTaskType({
      type: 'delete',
      objectKind: 'platform',
      title: 'Delete',
      description:
        'Remove what Hosting Desk keeps of this platform on the server. Code that it fetched goes; a folder of yours stays.',
      weight: 90,
      savesContext: false,
      forgetsContext: true,
      hasDialog: true,
      isDangerous: true,
      refusal(platform, host) {
        if (platform.status === 'deleted') return NOT_WHEN_DELETED
        const count = host.sitesOf(platform.id).length
        return count === 0
          ? null
          : `${count === 1 ? 'A site still runs' : `${count} sites still run`} on it.`
      },
    }),
  ],

  contextOptions(options, object, host) {
    if (object.kind !== 'platform') return options
    const server = toContext(host.get('server', object.serverId))
    return {
      ...options,
      context_type: 'platform',
      server,
      web_server: server,
      root: object.root,
      ...toSourceOptions(object.source),
    }
  },

  afterTask(task, result, host) {
    if (task.objectKind !== 'platform') return
    const platform = takeOver(host.get('platform', task.objectId), task, result, host)
    if (task.type === 'verify') {
      host.put('platform', {
        ...platform,
        status: platform.status === 'locked' ? 'locked' : 'enabled',
        abilities: Array.isArray(result.data['abilities'])
          ? result.data['abilities'].filter((ability) => typeof ability === 'string')
          : [],
        application: textOrNull(result.data['application']) ?? platform.application,
        version: textOrNull(result.data['version']),
        revision: textOrNull(result.data['revision'])?.slice(0, 100) ?? null,
        packages: parsePackages(result.data['packages']),
      })
    }
    if (task.type === 'lock') host.put('platform', { ...platform, status: 'locked' })
    if (task.type === 'unlock') host.put('platform', { ...platform, status: 'enabled' })
    if (task.type === 'delete') host.put('platform', { ...platform, status: 'deleted' })
  },
}
