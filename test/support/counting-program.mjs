// Stands where the program on a server stands and speaks its protocol, so that tests can count: how often a command ran,
// which lines it printed, whether it is still there. What it does is said in the server's restart command:
// `echo` repeats what it was told for this run only. `lines=300 ms=10 fail` prints 300 numbered lines, 10 ms apart, and fails at the end; `rate=10000` says so many a second;
// `spawn` leaves a child behind.
import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'

if (process.argv[2] === '--version') {
  console.log('0.0.0')
  process.exit(0)
}
const [command, context] = process.argv.slice(2)
const folder = `${homedir()}/counting`
mkdirSync(folder, { recursive: true })
const say = (event) => process.stdout.write(`${JSON.stringify({ ...event, at: Date.now() })}\n`)
const LINK = 'https://www.example.com/user/reset/1/1700000000/SeCrEt'
let wish = ''
const result = (isOk) =>
  say({
    event: 'result',
    isOk,
    errorCode: isOk ? null : 'PROVISION_COUNTED',
    errorMessage: isOk ? null : 'Counted to the end, then failed.',
    data: { loginLink: wish.includes('echo') ? LINK : null },
    contexts: [],
    removedContexts: [],
  })

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const request = JSON.parse(readFileSync(0, 'utf8'))
if (command === 'provision-save') {
  writeFileSync(`${folder}/${context}.json`, JSON.stringify(request.contextOptions))
  result(true)
} else {
  appendFileSync(`${folder}/${context}.ran`, `${process.pid}\n`)
  wish = String(JSON.parse(readFileSync(`${folder}/${context}.json`, 'utf8')).http_restart_cmd)
  const numberOf = (name) => Number(new RegExp(`${name}=(\\d+)`).exec(wish)?.[1] ?? 0)
  if (wish.includes('spawn')) spawn('sleep', ['3600'], { stdio: 'inherit' })
  if (wish.includes('echo')) {
    say({ event: 'log', level: 'info', message: `options ${JSON.stringify(request.options)}` })
    say({ event: 'log', level: 'info', message: `link ${LINK}` })
  }
  const [lines, ms, rate] = ['lines', 'ms', 'rate'].map(numberOf)
  const begunAt = performance.now()
  /** Until the clock has come to the line. */
  const isEarly = (line) => rate > 0 && (line / rate) * 1000 > performance.now() - begunAt
  for (let line = 0; line < lines; line++) {
    while (isEarly(line)) await pause(1)
    say({ event: 'log', level: 'info', message: `line ${line}` })
    if (ms > 0) await pause(ms)
  }
  const isOk = !wish.includes('fail')
  result(isOk)
  process.exitCode = isOk ? 0 : 1
}
