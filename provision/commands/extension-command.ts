import type { JsonRecord } from '#shared/domain/json.ts'
import { isRecord } from '#shared/protocol/wire.ts'
import { type Context, mergeOptions } from '../context/context.ts'
import { toStep } from '../extensions/extension-step.ts'
import type { CommandPlan, CommandRun, ExtensionCommand } from '../extensions/server-half.ts'
import { writeContextStep } from '../steps/contexts.ts'
import { ProvisionError } from '../system/provision-error.ts'
import type { Command } from './commands.ts'
import type { CommandResult, Session } from './session.ts'
import { findPlace, refuseUnlessInstalled } from './site-place.ts'

/** A command of an extension, run as those that ship are: its steps, and at the end what it wants to be lasting. */
export function toCommand(command: ExtensionCommand): Command {
  return {
    ...(command.args === undefined ? {} : { args: command.args }),
    async run(session, context, given): Promise<CommandResult> {
      const plan = checkPlan(await command.plan(toRun(session, context, given)))
      const { steps, data, contextOptions } = plan
      const changed =
        contextOptions === undefined
          ? undefined
          : mergeOptions(context.name, context, contextOptions)
      await session.run([
        ...steps.map(toStep),
        ...(changed === undefined ? [] : [writeContextStep(session.store, changed)]),
      ])
      return {
        data: data ?? {},
        contexts: changed === undefined ? [] : [changed],
        removedContexts: [],
      }
    },
  }
}

function toRun(session: Session, context: Context, args: readonly string[]): CommandRun {
  return {
    context: structuredClone(context),
    args,
    options: session.parts.options,
    home: session.folders.home,
    log: session.log,
    get: (name, type) => session.store.get(name, type),
    async site() {
      if (context.type !== 'site')
        throw new ProvisionError('PROVISION_FAILED', `@${context.name} is no site.`)
      const place = await findPlace(session, context)
      await refuseUnlessInstalled(place)
      const { uri, folder, platform, server, web } = place
      return { uri, folder, platform, server, url: web.urlOf(uri) }
    },
  }
}

function checkPlan(plan: CommandPlan): CommandPlan & { data?: JsonRecord } {
  const { steps, data = {}, contextOptions = {} } = plan
  const isStep = (step: unknown): boolean =>
    typeof step === 'object' &&
    step !== null &&
    'title' in step &&
    typeof step.title === 'string' &&
    'run' in step &&
    typeof step.run === 'function'
  if (Array.isArray(steps) && steps.every(isStep) && isRecord(data) && isRecord(contextOptions))
    return plan
  throw new ProvisionError('PROVISION_FAILED', 'The extension’s command gave no list of steps.')
}
