import os from 'node:os'

/** How long the system may look for a name; its own limit is far longer. */
const PATIENCE_MS = 15_000

/** The addresses of a host name as this machine finds them; none where nobody knows the name. */
export async function findAddresses(name: string): Promise<string[]> {
  const { lookup } = await import('node:dns/promises')
  const found = lookup(name, { all: true }).then(
    (all) => all.map(({ address }) => address),
    () => [],
  )
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), PATIENCE_MS)
  })
  return Promise.race([found, late]).finally(() => clearTimeout(timer))
}

/** Whether an address is one of this machine's own. */
export const isOwnAddress = (address: string): boolean =>
  Object.values(os.networkInterfaces()).some((all) => all?.some((one) => one.address === address))
