/**
 * Part of the scripts that clean up on a server: which folders a run names, in any file of its own. Such a folder stays.
 * Asks for `fs`, `path` and `desk`, the folder `~/.hosting-desk`.
 */
export const NAMED_BY_RUNS = String.raw`
const namesIn = (place) => { try { return fs.readdirSync(place) } catch { return [] } }

function namedByRuns() {
  const texts = []
  const runs = path.join(desk, 'runs')
  for (const run of namesIn(runs))
    for (const name of namesIn(path.join(runs, run))) {
      const file = path.join(runs, run, name)
      try {
        const info = fs.lstatSync(file)
        if (info.isFile() && info.size < 262144) texts.push(fs.readFileSync(file, 'utf8'))
      } catch {}
    }
  return (name) => texts.some((text) => text.includes(name))
}`
