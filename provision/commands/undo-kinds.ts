import { extensionKinds } from '../extensions/extension-step.ts'
import { mariadbKinds } from '../services/mariadb/steps.ts'
import { nginxKinds } from '../services/nginx/service.ts'
import { slotKinds } from '../services/slots/steps.ts'
import { fileKinds } from '../steps/files.ts'
import { linkKinds } from '../steps/links.ts'
import { modeKinds } from '../steps/modes.ts'
import { toUndoKinds, type UndoKinds } from '../steps/undo.ts'

/** Every kind of note that a journal may hold: each module exports its own. */
export const UNDO_KINDS: UndoKinds = toUndoKinds([
  ...fileKinds,
  ...linkKinds,
  ...modeKinds,
  ...nginxKinds,
  ...slotKinds,
  ...mariadbKinds,
  ...extensionKinds,
])
