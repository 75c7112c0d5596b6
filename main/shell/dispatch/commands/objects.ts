import { AppError } from '#shared/errors.ts'
import type { CommandCall } from '../command-line.ts'
import type { OpenDesk } from '../desk.ts'
import { print, toFacts, toTable } from '../print.ts'

type Topic = 'backend' | 'server' | 'platform' | 'site'

export interface Row {
  id: string
  name: string
  title: string
  backendId?: string
  status?: string
}

export async function listObjects(
  call: CommandCall,
  desk: OpenDesk,
  topic: Topic,
): Promise<number> {
  const rows = await allRows(desk, topic)
  print(call, rows, () =>
    rows.length === 0 ? `There is no ${topic} yet.\n` : toTable(...tableOf(topic, rows)),
  )
  return 0
}

export async function showObject(call: CommandCall, desk: OpenDesk, topic: Topic): Promise<number> {
  const name = call.words[2]?.replace(/^@/, '') ?? ''
  const row = (await allRows(desk, topic)).find((one) =>
    [one.id, one.name, one.title].includes(name),
  )
  if (row === undefined)
    throw new AppError('object.not-found', `There is no ${topic} called “${name}”.`)
  print(call, row, () => toFacts({ ...row }))
  return 0
}

/** Everything of a kind, page by page. */
export async function allRows(desk: OpenDesk, topic: Topic | 'client'): Promise<Row[]> {
  if (topic === 'backend') {
    const backends = await desk.calls.backend.list()
    return backends.map((backend) => ({ ...backend, name: backend.title }))
  }
  const rows: Row[] = []
  for (;;) {
    const page = await desk.calls[topic].list({ offset: rows.length, limit: 1000 })
    rows.push(
      ...page.items.map((item) => ({ ...item, name: 'name' in item ? item.name : item.title })),
    )
    if (page.items.length === 0 || rows.length >= page.total) return rows
  }
}

function tableOf(topic: Topic, rows: readonly Row[]): [string[], string[][]] {
  const columns = {
    backend: ['title', 'user', 'host', 'port', 'dialect'],
    server: ['name', 'title', 'status', 'platforms', 'sites'],
    platform: ['name', 'title', 'status', 'application', 'root', 'sites'],
    site: ['name', 'status', 'url'],
  }[topic]
  const cells = (row: Row): string[] =>
    columns.map((column) => {
      const value = (row as unknown as Record<string, unknown>)[column]
      return typeof value === 'string' ? value : value === null ? '-' : JSON.stringify(value)
    })
  return [columns, rows.map(cells)]
}
