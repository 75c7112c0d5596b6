/**
 * What a hook that must answer at once gave. A promise is refused, and its end looked after: a rejection that nobody
 * waits for would end the application.
 */
export function atOnce<Answer>(answer: Answer): Answer {
  if (!(answer instanceof Promise)) return answer
  answer.catch(() => undefined)
  throw new Error('it gave a promise, and must answer at once')
}
