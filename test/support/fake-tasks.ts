import type { TaskDetails } from '#shared/contract/task.ts'
import type { LogEntry, LogLevel } from '#shared/domain/task.ts'

/** An id that reads back as its number. */
export const anId = (number: number): string =>
  `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`

export const NOW = Date.now()
export const MINUTE = 60_000
/** A task of www.example.com, ended well unless told otherwise. */
export const aTask = (number: number, changed: Partial<TaskDetails> = {}): TaskDetails => ({
  id: anId(1000 + number),
  number,
  type: 'install',
  title: 'Install',
  objectKind: 'site',
  objectId: anId(301),
  objectName: 'www.example.com',
  objectTitle: 'www.example.com',
  backendId: anId(1),
  backendTitle: 'web1',
  status: 'success',
  values: {},
  origin: 'user',
  afterId: null,
  batchId: null,
  attemptId: anId(5000 + number),
  attempts: 1,
  createdAt: NOW - number * 7 * MINUTE,
  startedAt: NOW - number * 7 * MINUTE,
  endedAt: NOW - number * 7 * MINUTE + 14_000,
  cancelRequestedAt: null,
  errorCode: null,
  errorMessage: null,
  warnings: 0,
  activity: null,
  history: [
    {
      id: anId(5000 + number),
      taskId: anId(1000 + number),
      number: 1,
      status: changed.status ?? 'success',
      startedAt: NOW - number * 7 * MINUTE,
      endedAt: changed.status === 'processing' ? null : NOW - number * 7 * MINUTE + 14_000,
      sent: {
        command: 'provision-install',
        args: ['@www.example.com'],
        options: { profile: 'standard' },
        contexts: [
          { name: '@server_web1', options: { remote_host: 'web1.example.com', http_port: 8080 } },
          { name: '@www.example.com', options: { uri: 'www.example.com', aliases: [] } },
        ],
      },
      claim: 1,
      errorCode: changed.errorCode ?? null,
      errorMessage: changed.errorMessage ?? null,
    },
  ],
  ...changed,
})

/** One line of a log, a second after the one before. */
export const aLine = (
  index: number,
  text: string,
  level: LogLevel = 'info',
  changed: Partial<LogEntry> = {},
): LogEntry => ({
  index,
  kind: 'message',
  level,
  text,
  serverAt: NOW - 20_000 + index * 700,
  arrivedAt: NOW - 20_000 + index * 700,
  stage: 'install @www.example.com',
  progress: null,
  ...changed,
})

const STEPS = [
  'Create the folder of the site',
  'Copy the template',
  'Create database',
  'Write the vhost',
  'Test the configuration',
  'Reload nginx',
]

/** What an install says that fails in its fifth step, markup and escapes of a careless server included. */
export function installLog(): LogEntry[] {
  const lines: LogEntry[] = [
    aLine(0, 'Saved @server_web1', 'info', { stage: 'save @server_web1' }),
    aLine(1, 'Saved @www.example.com', 'info', { stage: 'save @www.example.com' }),
  ]
  STEPS.forEach((title, step) => {
    const progress = { step: step + 1, of: STEPS.length, title }
    lines.push(aLine(lines.length, title, 'info', { kind: 'progress', progress }))
    lines.push(
      aLine(lines.length, `ok: <b>${title.toLowerCase()}</b> \u001b[31mred\u001b[0m`, 'debug'),
    )
    if (step === 2)
      lines.push(
        aLine(
          lines.length,
          'The database server took 4 s to answer; its slow query log may say why. '.repeat(4),
          'warning',
        ),
      )
    if (step === 4)
      lines.push(
        aLine(lines.length, 'nginx: [emerg] unknown directive "sendfil" in vhost.conf:12', 'error'),
      )
  })
  return lines
}
