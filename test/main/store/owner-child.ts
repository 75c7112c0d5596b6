/* One process of the races in owner.test.ts: acquires, says what came of it, and keeps what it has until told. */
import { isAppError } from '#shared/errors.ts'
import { acquireOwnership } from '../../../main/store/owner.ts'

const [folder = '', kind = '', waitMs = '0'] = process.argv.slice(2)

try {
  const ownership = await acquireOwnership({
    folder,
    kind: kind === 'long-lived' ? 'long-lived' : 'one-shot',
    waitMs: Number(waitMs),
  })
  process.stdout.write('owner\n')
  process.stdin.resume()
  await new Promise((resolve) => process.stdin.once('end', resolve))
  await ownership.release()
} catch (error) {
  process.stdout.write(isAppError(error, 'store.locked') ? 'locked\n' : `${String(error)}\n`)
}
