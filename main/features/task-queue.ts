import type { Feature } from '../hooks/feature.ts'

/**
 * The queue of tasks. Aegir starts five a minute; here a new task starts by its event, and `items` says how many run at
 * once over all backends.
 */
export const taskQueue: Feature = {
  name: 'task-queue',
  title: 'Task queue',
  queues: [
    {
      name: 'tasks',
      title: 'Tasks',
      description: 'Runs the tasks that wait, oldest first.',
      type: 'serial',
      frequencySeconds: 60,
      items: 5,
      isEnabled: true,
      singular: 'task',
      plural: 'tasks',
    },
  ],
}
