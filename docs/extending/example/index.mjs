/**
 * Publishes a short notice on a site: a task type with a form and a command of its own on the server (`backend/`), a
 * service of a server with a port and a restart command, a queue, and an alter of each kind.
 */

const DAY_SECONDS = 24 * 60 * 60

/** @type {import('hosting-desk/extending').TaskTypeDefinition} */
const publishNotice = {
  type: 'publish-notice',
  objectKind: 'site',
  title: 'Publish a notice',
  description: 'Put a short notice on the site, at the address /notice.html.',
  weight: 60,
  // Lasting facts (`contextOptions` below) are saved before the command is run.
  savesContext: true,
  hasDialog: true,
  form: {
    fields: [
      { name: 'headline', type: 'text', label: 'Headline', isRequired: true, maxLength: 120 },
      { name: 'text', type: 'text', label: 'Text', isLong: true, isRequired: true },
      {
        name: 'level',
        type: 'radios',
        label: 'It is',
        default: 'news',
        choices: [
          { value: 'news', label: 'News' },
          { value: 'outage', label: 'An outage' },
        ],
      },
      {
        name: 'until',
        type: 'text',
        label: 'Until',
        help: 'When the outage ends, for example 18:30.',
        visibleWhen: { field: 'level', is: 'outage' },
      },
      {
        name: 'isRehearsal',
        type: 'checkbox',
        label: 'Only rehearse',
        help: 'Does everything, fails at the end and takes it all back.',
      },
    ],
  },
  validate({ until }) {
    /** @type {import('hosting-desk/extending').FormProblems} */
    const problems = {}
    if (typeof until === 'string' && !/^\d{1,2}:\d{2}$/.test(until))
      problems['until'] = 'Hours and minutes, such as 18:30.'
    return problems
  },
  refusal: (site) => (site.status === 'enabled' ? null : 'Only a site that is enabled shows it.'),
  // What is said once goes as options; the backend stores none of it.
  options: (_site, values) => ({ ...values }),
}

/** @type {import('hosting-desk/extending').TaskTypeDefinition} */
const renewNotice = {
  type: 'renew-notice',
  objectKind: 'site',
  title: 'Renew the notice',
  description: 'Brings the date on the notice up to date, where there is one.',
  weight: 61,
  savesContext: false,
  // Only the queue adds it.
  isHidden: true,
  refusal: (site) => (site.status === 'enabled' ? null : 'Only a site that is enabled shows it.'),
}

/** @type {import('hosting-desk/extending').QueueDeclaration} */
const renewals = {
  name: 'notice-renewal',
  title: 'Notices',
  description: 'Brings the notices of all sites up to date.',
  type: 'spread',
  frequencySeconds: DAY_SECONDS,
  singular: 'site',
  plural: 'sites',
  totalItems: (host) => host.countSites({}),
  process(count, host) {
    for (const site of host.listSites({ orderBy: 'name', limit: count }))
      if (host.refusalOf(site, 'renew-notice') === null) host.addTask(site, 'renew-notice')
  },
}

/** @type {import('hosting-desk/extending').Feature} */
export default {
  name: 'notice-board',
  title: 'Notice board',
  description: 'Publishes short notices on sites.',
  group: 'Examples',
  requires: ['sites'],

  taskTypes: [publishNotice, renewNotice],

  services: [
    {
      service: 'notices',
      type: 'board',
      title: 'Notice board',
      description: 'What is told when a notice was published, such as a cache to empty.',
      defaultPort: 12_345,
      defaultRestartCommand: '/usr/bin/true',
      // Each value is stored with the server, and sent as the key of its field's name.
      form: {
        fields: [
          {
            name: 'notices_language',
            type: 'select',
            label: 'Language of notices',
            default: 'en',
            choices: [
              { value: 'en', label: 'English' },
              { value: 'fr', label: 'French' },
            ],
          },
        ],
      },
      validate({ port }) {
        /** @type {import('hosting-desk/extending').FormProblems} */
        const problems = {}
        if (port === 80) problems['port'] = 'Port 80 is for sites.'
        return problems
      },
      view: ({ port }) => [{ label: 'Listens at', value: `127.0.0.1:${port ?? 0}` }],
      // The base has given notices_service_type, notices_port, notices_restart_cmd and notices_language already.
      contextOptions: (options, server) => ({ ...options, notices_publisher: server.title }),
    },
  ],

  queues: [renewals],

  // Lasting facts of an object for its backend; the server half declares the key.
  contextOptions: (options, object) =>
    object.kind === 'site'
      ? { ...options, notice_signature: `The operators of ${object.title}` }
      : options,

  changeTaskTypes: (types) =>
    types.map((type) =>
      type.objectKind === 'site' && type.type === 'delete'
        ? { ...type, description: `${type.description} Its notice goes with it.` }
        : type,
    ),

  // Before the operator's settings: never more than ten tasks of the queue of tasks at once.
  changeQueues: (queues) =>
    queues.map((queue) =>
      queue.name === 'tasks' ? { ...queue, items: Math.min(queue.items ?? 5, 10) } : queue,
    ),

  // After settings and arithmetic, the last word: no more than twenty notices at a time.
  changePlannedQueues: (queues) =>
    queues.map((queue) =>
      queue.name === 'notice-renewal'
        ? { ...queue, plannedItems: Math.min(queue.plannedItems, 20) }
        : queue,
    ),

  // What has been tried before comes behind what has not.
  changeNextTasks: (next) => ({
    ...next,
    order: [...next.order, { field: 'attempts', direction: 'ascending' }],
  }),
}
