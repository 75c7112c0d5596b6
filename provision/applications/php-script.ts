/** Scripts of ours as one: those behind the first lose their opening tag. */
export const joinScripts = (first: string, ...others: readonly string[]): string =>
  [first, ...others.map((one) => one.replace(/^<\?php\s/, ''))].join('\n')
