import { onMounted, onUnmounted } from 'vue'
import { isOrderAnywhere, isTyping, toKeyName } from '../lib/keys.ts'

export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>

const tables: Keys[] = []
let isListening = false
let prefix = ''

/**
 * Orders by key while the component is shown; the component mounted last wins. `g t` is two keys one after the other.
 * While one types only Escape and keys with Ctrl or Cmd are orders; under an open dialog or menu none are.
 */
export function useKeys(keys: Keys): void {
  onMounted(() => {
    tables.push(keys)
    if (!isListening) document.addEventListener('keydown', handle)
    isListening = true
  })
  onUnmounted(() => tables.splice(tables.indexOf(keys), 1))
}

function handle(event: KeyboardEvent): void {
  if (event.defaultPrevented || isUnderDialog()) return
  const name = toKeyName(event)
  if (isTyping(event.target) && !isOrderAnywhere(name)) return
  const order = find(prefix === '' ? name : `${prefix} ${name}`)
  const isPrefix = prefix === '' && order === undefined && name === 'g'
  prefix = isPrefix ? name : ''
  if (order === undefined) return
  event.preventDefault()
  order(event)
}

const find = (name: string): Keys[string] | undefined =>
  tables.findLast((keys) => Object.hasOwn(keys, name))?.[name]

const isUnderDialog = (): boolean =>
  document.querySelector('[role=dialog],[role=alertdialog],[role=listbox],[role=menu]') !== null
