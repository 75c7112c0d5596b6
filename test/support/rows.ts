import type { Backend, Backup, Client } from '#shared/domain/objects.ts'
import type { Attempt } from '#shared/domain/task.ts'
import { anId } from './objects.ts'

export const aBackend = (facts: Partial<Backend> = {}): Backend => ({
  id: anId(1),
  title: 'web1',
  host: 'web1.example.com',
  port: 22,
  user: 'desk',
  login: { method: 'agent' },
  dialect: 'native',
  limit: 4,
  recurringOwner: 'desk',
  isDemo: false,
  createdAt: 0,
  changedAt: 0,
  ...facts,
})

export const aClient = (facts: Partial<Client> = {}): Client => ({
  id: anId(6),
  title: 'Acme',
  email: null,
  siteQuota: null,
  diskQuotaBytes: null,
  createdAt: 0,
  changedAt: 0,
  ...facts,
})

export const aBackup = (facts: Partial<Backup> = {}): Backup => ({
  id: anId(7),
  siteId: anId(4),
  backendId: anId(1),
  file: '/home/desk/backups/one.tar.gz',
  sizeBytes: 1000,
  description: '',
  createdAt: 0,
  taskId: null,
  ...facts,
})

export const anAttempt = (facts: Partial<Attempt> = {}): Attempt => ({
  id: anId(8),
  taskId: anId(5),
  number: 1,
  status: 'processing',
  startedAt: 0,
  endedAt: null,
  sent: { command: 'verify', args: [], options: {}, contexts: [] },
  claim: 1,
  errorCode: null,
  errorMessage: null,
  ...facts,
})
