import { parseArgs } from 'node:util'

export interface DesktopArguments {
  /** `--data DIR` */
  data: string | undefined
  /** `--hidden`: start in the tray, without a window. */
  isHidden: boolean
}

/** What the desktop was started with. Chromium's own switches and whatever else stands there is passed over. */
export function parseDesktopArguments(argv: readonly string[]): DesktopArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: { data: { type: 'string' }, hidden: { type: 'boolean' } },
    strict: false,
  })
  return {
    data: typeof values.data === 'string' && values.data !== '' ? values.data : undefined,
    isHidden: values.hidden === true,
  }
}
