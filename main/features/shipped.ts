import type { Feature } from '../hooks/feature.ts'
import { aegirServices } from './aegir-services.ts'
import { clientQuotas } from './clients.ts'
import { platforms } from './platforms/platforms.ts'
import { servers } from './servers.ts'
import { sites } from './sites/sites.ts'
import { backupQueue } from './queues/backup-queue.ts'
import { certificateQueue } from './queues/certificate-queue.ts'
import { cronQueue } from './queues/cron-queue.ts'
import { historyQueue } from './queues/history-queue.ts'
import { retentionQueue } from './queues/retention-queue.ts'
import { taskQueue } from './queues/task-queue.ts'
import { serverWork } from './server-work.ts'
import { shippedServices } from './services.ts'

/** Every feature that ships, in the order in which their hooks are called. */
export const shippedFeatures: readonly Feature[] = [
  servers,
  platforms,
  sites,
  clientQuotas,
  shippedServices,
  aegirServices,
  serverWork,
  taskQueue,
  cronQueue,
  backupQueue,
  retentionQueue,
  historyQueue,
  certificateQueue,
]
