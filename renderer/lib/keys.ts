/** A pressed key as it is named in a table of keys: `j`, `?`, `Escape`, `mod+Enter` (Ctrl or Cmd). */
export function toKeyName(event: {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}): string {
  if (event.altKey) return `alt+${event.key}`
  return event.ctrlKey || event.metaKey ? `mod+${event.key}` : event.key
}

/** Whether a key means text where it was pressed, so that single letters are no orders there. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true
  if (target instanceof HTMLSelectElement) return true
  if (target instanceof HTMLInputElement)
    return !['checkbox', 'radio', 'button', 'submit'].includes(target.type)
  return target.closest('[role=listbox],[role=menu],[role=combobox]') !== null
}

/** The keys that mean something even while one types. */
export const isOrderAnywhere = (name: string): boolean =>
  name === 'Escape' || name.startsWith('mod+')
