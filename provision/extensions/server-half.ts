import type { Json, JsonRecord } from '#shared/domain/json.ts'
import type { LogLevel } from '#shared/domain/task.ts'
import type { Context } from '../context/context.ts'
import type { Checked, ContextType } from '../context/keys.ts'
import type { WebService, WebServiceParts } from '../services/web-service.ts'
import type { Step } from './published-step.ts'

// What an extension's server half is written against. It imports nothing: everything comes as the argument of the
// function that each of its files exports by default.

/** Says whether a value may be stored, and in which form. */
export type KeyCheck = (value: Json) => Checked

/** A site as it stands on the server. */
export interface SiteFacts {
  uri: string
  /** Where its files lie, absolute. */
  folder: string
  url: string
  platform: Context
  server: Context
}

/** One run of one command. */
export interface CommandRun {
  /** The object's context, as stored now. Nobody else changes it during the run. */
  readonly context: Context
  /** Positional arguments, as many as the command takes. */
  readonly args: readonly string[]
  /** What is said for this run only. */
  readonly options: JsonRecord
  /** The account's home folder. */
  readonly home: string
  log(level: LogLevel, message: string): void
  /** Another context; throws PROVISION_MISSING_CONTEXT. `name` is without `@`. */
  get(name: string, type: ContextType): Promise<Context>
  /** Of a site that is installed; throws PROVISION_SITE_NOT_INSTALLED, PROVISION_NO_SUCH_FOLDER. */
  site(): Promise<SiteFacts>
}

/** What a command is going to do. Nothing is changed before its first step. */
export interface CommandPlan {
  steps: readonly Step[]
  /** Goes to the frontend with the result; steps may fill it while they run. */
  data?: JsonRecord
  /** Lasting facts that are stored with the last step: declared keys only; null unsets. */
  contextOptions?: JsonRecord
}

export interface ExtensionCommand {
  /** What its arguments are, in order; one in brackets may be left out. None where absent. */
  args?: readonly string[]
  plan(run: CommandRun): CommandPlan | Promise<CommandPlan>
}

/** What a service of a server does beside what tasks of extensions ask of it. */
export interface ServerService<OneStep = Step> {
  /** When the server is verified. `facts` go to the frontend; steps may fill them. */
  verifyServer?(facts: JsonRecord): OneStep[]
  /** When the server is deleted. */
  removeServer?(): OneStep[]
}

export interface ServerServiceParts {
  server: Context
  home: string
  /** As stored with the server; undefined where nothing is. */
  port: number | undefined
  restartCommand: string | undefined
  log(level: LogLevel, message: string): void
}

export interface ServerHalf {
  /** Keys that contexts may have beside those that ship. What nobody declares is refused by name. */
  contextKeys?: Partial<Record<ContextType, Readonly<Record<string, KeyCheck>>>>
  /** By the type of context and the command's name without `provision-`. */
  commands?: Partial<Record<ContextType, Readonly<Record<string, ExtensionCommand>>>>
  /** Types of web services, each as a whole. */
  webServices?: Readonly<Record<string, (parts: WebServiceParts) => WebService<Step>>>
  /** Types of other services, by service and type. */
  services?: Readonly<
    Record<string, Readonly<Record<string, (parts: ServerServiceParts) => ServerService>>>
  >
}

/** What the function gets. Later versions add; what is here stays. */
export interface ServerDesk {
  readonly version: 1
  /** Makers of checks for context keys. */
  readonly keys: {
    /** One line without control characters, or what `pattern` allows; at most 1000 characters where nothing is said. */
    text(limits?: { maxLength?: number; pattern?: RegExp }): KeyCheck
    integer(min: number, max: number): KeyCheck
    trueOrFalse(): KeyCheck
    oneOf(values: readonly string[]): KeyCheck
  }
  /** Makers of steps; each takes itself back. */
  readonly steps: {
    /** Writes a text file, 0640 where no mode is given; taken back, the old one (or none) is there again. */
    writeFile(title: string, file: string, text: string, mode?: number): Step
    /** Moves a file or folder aside and removes it at the end. What is missing is fine. */
    remove(title: string, fileOrFolder: string): Step
    /**
     * Runs a program without a shell; any exit code but 0 is a failure. `undo` is run when it is taken back; where this
     * program is killed, also when nobody knows how far the program came.
     */
    run(
      title: string,
      argv: readonly [string, ...string[]],
      undo?: readonly [string, ...string[]],
    ): Step
  }
  /** A file's text, or undefined where there is none. */
  findText(file: string): Promise<string | undefined>
  /** Ends the command with a code of its own, `PROVISION_` and capitals. */
  fail(code: `PROVISION_${string}`, message: string): never
}

/** The default export of a file in `backend/`; a file without one is a helper of the others. */
export type CreateServerHalf = (desk: ServerDesk) => ServerHalf
