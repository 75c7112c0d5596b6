import type { DrushError } from './frame.ts'
import { FRONTEND_CALL, SENTENCE_CODES } from './text-rules.ts'

/** Of several errors, the one that says most: what we know better, Provision's own, Drupal's, Drush's, and last that it did not come to an end. */
const RANKS: readonly RegExp[] = [
  /^backend\./,
  /^PROVISION_/,
  /^DRUPAL_/,
  /^DRUSH_(?!NOT_COMPLETED)/,
  /^[A-Z]/,
]

const MAX_MESSAGE = 4000

/** What is stored of a command's errors: one code, and all that was said. */
export function toFailure(errors: readonly DrushError[]): DrushError | undefined {
  if (errors.length === 0) return undefined
  const told = errors.map(toNamed).sort((a, b) => rankOf(a) - rankOf(b))
  const [first] = told
  const texts = told.map(({ message }) => withoutTrace(message)).filter((text) => text !== '')
  const text = [...new Set(texts)].join(' ') || `It failed with ${first?.code ?? ''}.`
  const hint = errors.some(isFrontendCall) ? ` ${NO_FRONTEND}` : ''
  return { code: first?.code ?? '', message: `${text}${hint}`.slice(0, MAX_MESSAGE) }
}

/** Whether all that went wrong is that Aegir's own frontend was called and is not there. */
export const isOnlyFrontendCall = (errors: readonly DrushError[]): boolean =>
  errors.length > 0 && errors.every(isFrontendCall)

const isFrontendCall = ({ code, message }: DrushError): boolean =>
  code === 'DRUSH_COMMAND_NOT_FOUND' && FRONTEND_CALL.pattern.test(message)

const NO_FRONTEND =
  '(Provision asks Aegir’s own frontend to verify on the way, and there is none on this account.)'

function toNamed(error: DrushError): DrushError {
  if (isFrontendCall(error)) return { ...error, code: 'backend.no-frontend' }
  if (/^[A-Z][A-Z0-9_]{2,}$/.test(error.code)) return error
  const known = SENTENCE_CODES.find(({ pattern }) => pattern.test(error.code))
  return {
    code: known?.code ?? 'backend.refused',
    message: [error.code, error.message].filter((text) => text !== '').join(' '),
  }
}

const rankOf = ({ code }: DrushError): number => {
  const rank = RANKS.findIndex((pattern) => pattern.test(code))
  return rank < 0 ? RANKS.length : rank
}

/** Where PHP stopped is of use; through what it had gone is not. */
const withoutTrace = (message: string): string => message.split(/\s*Stack trace:/)[0] ?? ''
