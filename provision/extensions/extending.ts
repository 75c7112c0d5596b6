// The types that the server half of an extension is written against: `hosting-desk/extending/server`.

export type * from './server-half.ts'
export type { Context } from '../context/context.ts'
export type { Checked, ContextType } from '../context/keys.ts'
export type {
  WebApp,
  WebFolder,
  WebPhp,
  WebService,
  WebServiceParts,
  WebSite,
} from '../services/web-service.ts'
export type { Step, Undo } from './published-step.ts'
export type { Json, JsonRecord } from '#shared/domain/json.ts'
