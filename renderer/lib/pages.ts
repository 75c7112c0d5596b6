/** A page of the navigation: its path, and the key that follows `g`. */
export interface NamedPage {
  label: string
  to: string
  icon: string
  key: string
}

/** In the order of the navigation. */
export const PAGES: readonly NamedPage[] = [
  { label: 'Overview', to: '/', icon: 'i-lucide-layout-dashboard', key: 'o' },
  { label: 'Tasks', to: '/tasks', icon: 'i-lucide-list-checks', key: 't' },
  { label: 'Sites', to: '/sites', icon: 'i-lucide-globe', key: 's' },
  { label: 'Platforms', to: '/platforms', icon: 'i-lucide-layers', key: 'p' },
  { label: 'Servers', to: '/servers', icon: 'i-lucide-server', key: 'v' },
  { label: 'Clients', to: '/clients', icon: 'i-lucide-users', key: 'c' },
  { label: 'Backups', to: '/backups', icon: 'i-lucide-archive', key: 'b' },
  { label: 'Queues', to: '/queues', icon: 'i-lucide-rows-3', key: 'q' },
  { label: 'Features', to: '/features', icon: 'i-lucide-blocks', key: 'f' },
  { label: 'Settings', to: '/settings', icon: 'i-lucide-settings', key: ',' },
]

/** Whether an address is this page or below it. */
export const isAt = ({ to }: NamedPage, path: string): boolean =>
  path === to || (to !== '/' && path.startsWith(`${to}/`))
