import { z } from 'zod'

type Issue = z.core.$ZodRawIssue

/** What is said of a value where its schema has no words of its own. */
z.config({ customError: toWords })

function toWords(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'This is missing.' : `This must be ${kindOf(issue)}.`
    case 'too_small':
      return `This must be ${issue.exact === true ? 'exactly' : 'at least'} ${amountOf(issue, issue.minimum)}.`
    case 'too_big':
      return `This must be ${issue.exact === true ? 'exactly' : 'at most'} ${amountOf(issue, issue.maximum)}.`
    case 'invalid_value':
      return `This must be ${orOf(issue.values.map((value) => JSON.stringify(value)))}.`
    case 'unrecognized_keys':
      return `There is nothing called ${orOf(issue.keys.map((key) => `“${key.slice(0, 100)}”`))} here.`
    case 'invalid_format':
      return 'This is not written as it must be.'
    default:
      return 'This is nothing that can stand here.'
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object with fields',
  record: 'an object with fields',
  null: 'null',
}

const kindOf = ({ expected }: { expected: string }): string => KINDS[expected] ?? 'something else'

const UNITS: Readonly<Record<string, string>> = {
  string: ' characters long',
  array: ' entries long',
}

const amountOf = ({ origin }: { origin: string }, amount: number | bigint): string =>
  `${amount}${UNITS[origin] ?? ''}`

const orOf = (all: readonly string[]): string =>
  all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`
