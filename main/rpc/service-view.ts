import type { ServiceView } from '#shared/contract/inventory.ts'
import type { FormField } from '#shared/domain/form.ts'
import type { Id, Json } from '#shared/domain/json.ts'
import type { ServiceSettings } from '#shared/domain/objects.ts'
import { findServiceType } from '../hooks/service-types.ts'
import { UnitOfWork } from '../task/unit-of-work.ts'
import type { RpcParts } from './parts.ts'

type Fact = ServiceView['facts'][number]

/** What a server's page says of its services: their own facts, those of their forms, and what their types add. */
export function viewServices({ registry, unit }: RpcParts, serverId: Id): ServiceView[] {
  const host = new UnitOfWork(unit)
  const server = host.get('server', serverId)
  return Object.entries(server.services).map(([service, settings]) => {
    const type = findServiceType(registry.services(), service, settings.type)
    const facts = [
      ...ownFacts(settings),
      ...(type?.form?.fields ?? []).flatMap((field) => fieldFact(field, settings)),
      ...registry.serviceFacts(service, server, host),
    ]
    return { service, type: settings.type, title: type?.title ?? settings.type, facts }
  })
}

const ownFacts = ({ port, restartCommand }: ServiceSettings): Fact[] => [
  ...(port === null ? [] : [{ label: 'Port', value: String(port) }]),
  ...(restartCommand === null ? [] : [{ label: 'Restart command', value: restartCommand }]),
]

function fieldFact(field: FormField, { values = {} }: ServiceSettings): Fact[] {
  const value = values[field.name]
  return value === undefined ? [] : [{ label: field.label, value: toText(field, value) }]
}

/** A choice by its label, the rest as it was typed. */
function toText(field: FormField, value: Json): string {
  const one = (chosen: Json): string =>
    ('choices' in field ? field.choices.find((choice) => choice.value === chosen)?.label : null) ??
    (typeof chosen === 'string' ? chosen : JSON.stringify(chosen))
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return Array.isArray(value) ? value.map(one).join(', ') : one(value)
}
