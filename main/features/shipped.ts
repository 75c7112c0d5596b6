import type { Feature } from '../hooks/feature.ts'
import { platforms } from './platforms/platforms.ts'
import { servers } from './servers.ts'
import { sites } from './sites/sites.ts'
import { taskQueue } from './task-queue.ts'
import { webServices } from './web-services.ts'

/** Every feature that ships, in the order in which their hooks are called. */
export const shippedFeatures: readonly Feature[] = [
  servers,
  platforms,
  sites,
  webServices,
  taskQueue,
]
