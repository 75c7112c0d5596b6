import type { Feature } from '../../hooks/feature.ts'

/**
 * The queue of tasks. Aegir starts five a minute; here a new task starts by its event, and `items` says how many run at
 * once over all backends. What runs is known from those who run it, so none counts as running for eight hours after its end.
 */
export const taskQueue: Feature = {
  name: 'task-queue',
  title: 'Tasks',
  description: 'Runs the tasks that wait.',
  group: 'Queues',
  isRequired: true,
  queues: [
    {
      name: 'tasks',
      title: 'Tasks',
      description: 'Runs the tasks that wait, oldest first.',
      type: 'serial',
      frequencySeconds: 60,
      items: 5,
      singular: 'task',
      plural: 'tasks',
      totalItems: (host) => host.countTasks('queued'),
      runningItems: (host) => host.countTasks('processing'),
      process: (count, host) => host.startTasks(count),
    },
  ],
}
