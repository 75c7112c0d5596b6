import type { BootstrapParameters } from '#shared/contract/bootstrap.ts'

/** The parameters at the top of the script, by the names that they have there. */
const NAMES: Readonly<Record<keyof BootstrapParameters, string>> = {
  account: 'account',
  slots: 'slots',
  publicKey: 'public_key',
  httpPort: 'http_port',
  httpsPort: 'https_port',
  withCertbot: 'with_certbot',
  withGit: 'with_git',
  withComposer: 'with_composer',
  mariadbSocket: 'mariadb_socket',
}

/** The script that ships, with these parameters at its top. This text is what is shown, and what is run. */
export function renderBootstrap(source: string, parameters: BootstrapParameters): string {
  return Object.entries(NAMES).reduce((script, [key, name]) => {
    const value = parameters[key as keyof BootstrapParameters]
    const line = new RegExp(`^${name}='[^']*'`, 'm')
    if (!line.test(script)) throw new Error(`The bootstrap script has no parameter ${name}.`)
    return script.replace(line, () => `${name}=${quote(value)}`)
  }, source)
}

/** Between single quotes a POSIX shell reads every other sign as it stands. */
function quote(value: string | number | boolean): string {
  const text = typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
  return `'${text.replaceAll("'", `'\\''`)}'`
}
