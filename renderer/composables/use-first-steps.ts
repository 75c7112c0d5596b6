import { computed, type Ref } from 'vue'
import { rpc } from '../rpc/client.ts'
import { useQuery } from './use-query.ts'

/** How far the person has come on the way to a site on a server of their own. */
export interface FirstSteps {
  hasDemo: boolean
  canHaveDemo: boolean
  /** A site was installed already, on whatever server. */
  hasTried: boolean
  /** The first server that is not the demo's. */
  serverId: string | undefined
  hasPlatform: boolean
  hasSite: boolean
}

/** Undefined until it is known. */
export function useFirstSteps(): Ref<FirstSteps | undefined> {
  const { data } = useQuery(findSteps)
  return computed(() => data.value)
}

async function findSteps(signal: AbortSignal): Promise<FirstSteps> {
  const [demo, servers, anySites] = await Promise.all([
    rpc.demo.state(undefined, { signal }),
    // The demo server is one of two at most.
    rpc.server.list({ limit: 2 }, { signal }),
    rpc.site.list({ status: 'enabled', limit: 1 }, { signal }),
  ])
  const serverId = servers.items.find(({ backend }) => !backend.isDemo)?.id
  const about = {
    hasDemo: demo.backendId !== null,
    canHaveDemo: demo.isSupported,
    hasTried: anySites.total > 0,
    serverId,
  }
  if (serverId === undefined) return { ...about, hasPlatform: false, hasSite: false }
  const [platforms, sites] = await Promise.all([
    rpc.platform.list({ serverId, limit: 1 }, { signal }),
    rpc.site.list({ serverId, status: 'enabled', limit: 1 }, { signal }),
  ])
  return { ...about, hasPlatform: platforms.total > 0, hasSite: sites.total > 0 }
}
