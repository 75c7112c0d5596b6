import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const SOURCE = path.resolve(import.meta.dirname, '../provision/bootstrap')
const PLACE = /^ *: # @doors.*$/m
const END = 'END_OF_DOOR'

/** The bootstrap script as it ships: one text that carries the doors, so that what is shown is all that is run. */
export function bootstrapScript(folder = SOURCE): string {
  const script = readFileSync(path.join(folder, 'bootstrap.sh'), 'utf8')
  const doors = readdirSync(path.join(folder, 'door'))
    .sort()
    .map((name) => renderDoor(folder, name))
  if (!PLACE.test(script)) throw new Error('bootstrap.sh has no place for the doors.')
  return script.replace(PLACE, () => doors.join('\n'))
}

function renderDoor(folder: string, name: string): string {
  const text = readFileSync(path.join(folder, 'door', name), 'utf8')
  if (text.split('\n').includes(END)) throw new Error(`${name} has a line ${END}.`)
  return `  write_file "$doors/${name}" 644 <<'${END}'\n${text}${END}`
}
