import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import path from 'node:path'

/** A program that tests start, or a file that they read, and the Debian package that brings it. */
export interface Requirement {
  /** Its name, or the whole path of a file. */
  program: string
  /** One, or more that belong together. */
  debianPackage: string
  /** What is not run without it. */
  neededBy: string
}

export const REQUIREMENTS: readonly Requirement[] = [
  { program: 'sshd', debianPackage: 'openssh-server', neededBy: 'a real server to log in to' },
  { program: 'ssh-keygen', debianPackage: 'openssh-client', neededBy: 'keys, and ssh to compare' },
  { program: 'nginx', debianPackage: 'nginx-light', neededBy: 'the real web service' },
  { program: 'chromium', debianPackage: 'chromium', neededBy: 'the renderer in a real browser' },
  { program: 'setsid', debianPackage: 'util-linux', neededBy: 'runs in a session of their own' },
  { program: 'ps', debianPackage: 'procps', neededBy: 'looking for what is left running' },
  { program: 'crontab', debianPackage: 'cron', neededBy: 'a real crontab' },
  { program: 'useradd', debianPackage: 'passwd', neededBy: 'making the sandbox account' },
  { program: 'mariadbd', debianPackage: 'mariadb-server', neededBy: 'the real database' },
  {
    program: 'php',
    debianPackage:
      'php-cli php-fpm php-mysql php-gd php-curl php-mbstring php-xml php-zip php-intl',
    neededBy: 'the real PHP',
  },
  { program: 'rsync', debianPackage: 'rsync', neededBy: 'what a prepared server has' },
  { program: 'curl', debianPackage: 'curl', neededBy: 'what a prepared server has' },
  { program: 'systemd-analyze', debianPackage: 'systemd', neededBy: 'looking at units' },
  { program: 'sudo', debianPackage: 'sudo', neededBy: 'an administrator who becomes root' },
  { program: 'strace', debianPackage: 'strace', neededBy: 'looking at what root reads' },
  { program: 'openssl', debianPackage: 'openssl', neededBy: 'the password of that account' },
  { program: 'certbot', debianPackage: 'certbot', neededBy: 'certificates by ACME' },
  { program: 'pebble', debianPackage: 'pebble', neededBy: 'an authority that speaks ACME' },
  { program: 'git', debianPackage: 'git', neededBy: 'platforms from a repository' },
  {
    program: '/usr/share/wordpress/wp-content/themes/twentytwentythree/style.css',
    debianPackage: 'wordpress wordpress-theme-twentytwentythree',
    neededBy: 'the real WordPress',
  },
  { program: 'composer', debianPackage: 'composer', neededBy: 'platforms by Composer' },
]

/** Daemons live where an ordinary account's PATH does not lead. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin']

/**
 * Installs what is missing where that is allowed (root on Debian). What is still missing then, each as a sentence.
 */
export function prepareMachine(say: (line: string) => void): string[] {
  const missing = REQUIREMENTS.filter(({ program }) => !isInstalled(program))
  const isRoot = process.getuid?.() === 0
  if (missing.length > 0 && isRoot && existsSync('/etc/debian_version')) {
    say(`Installing ${missing.map(({ debianPackage }) => debianPackage).join(', ')} …`)
    install(missing)
  }
  const problems = missing
    .filter(({ program }) => !isInstalled(program))
    .map((one) => `${one.program} is missing (package ${one.debianPackage}): ${one.neededBy}`)
  return isRoot ? problems : [...problems, 'root is missing: it makes the sandbox account']
}

const isInstalled = (program: string): boolean =>
  path.isAbsolute(program)
    ? existsSync(program)
    : FOLDERS.some((folder) => isExecutable(path.join(folder, program)))

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function install(missing: readonly Requirement[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const stdio: ['ignore', 'ignore', 'inherit'] = ['ignore', 'ignore', 'inherit']
  const packages = missing.flatMap(({ debianPackage }) => debianPackage.split(' '))
  spawnSync('apt-get', ['update', '-q'], { env, stdio })
  const options = ['install', '-q', '-y', '--no-install-recommends']
  spawnSync('apt-get', [...options, ...packages], { env, stdio })
}
