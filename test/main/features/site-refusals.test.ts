import { describe, expect, test } from 'vitest'
import { shippedFeatures } from '../../../main/features/shipped.ts'
import { ChangeSet } from '../../../main/store/store.ts'
import { UnitOfWork } from '../../../main/task/unit-of-work.ts'
import { aRunner } from '../../support/fake-backend.ts'
import { anId, aPlatform, aServer, aSite } from '../../support/objects.ts'

/** Why a site on a platform with this application cannot do it. */
async function refusalOf(type: string, application: string | null): Promise<string | null> {
  const rows = new ChangeSet()
    .put('server', aServer())
    .put('platform', aPlatform({ application, abilities: [] }))
    .put('site', aSite())
  const { parts } = await aRunner(shippedFeatures, rows)
  const unit = new UnitOfWork(parts)
  const definition = parts.registry.getTaskType('site', type)
  return definition.refusal?.(unit.get('site', anId(4)), unit) ?? null
}

describe('what an application cannot do is refused in words of people', () => {
  test.each([
    ['login-reset', 'static', 'Static files have no accounts to log in to.'],
    ['cron', 'static', 'Static files have no regular work to do.'],
    ['login-reset', 'php', 'The platform has no login.php, which makes login links.'],
    ['cron', 'php', 'The platform has no cron.php, which does the regular work.'],
    ['login-reset', 'wordpress', 'WordPress makes no login links here.'],
    ['cron', 'tracker', 'tracker has no regular work to do here.'],
    ['cron', 'constructor', 'constructor has no regular work to do here.'],
    ['cron', null, 'What the platform carries is not known yet: verify the platform first.'],
  ])('%s with %s: %s', async (type, application, said) => {
    expect(await refusalOf(type, application)).toBe(said)
  })
})
