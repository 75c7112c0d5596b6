import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HostingMachine, startHostingMachine } from '../support/hosting-machine.ts'

describe('the bootstrap script', () => {
  let machine: HostingMachine

  beforeAll(async () => {
    machine = await startHostingMachine()
  }, 120_000)
  afterAll(() => machine.stop())

  test('says each thing that it changed, and nothing when it is run again', () => {
    expect(machine.said).toContain(`+ made account ${machine.account}, which hosts`)
    expect(machine.said).toContain(`+ wrote /etc/${machine.account}/php/fpm.conf`)
    const again = machine.bootstrap()
    expect(again).toContain('Nothing had to be changed.')
    expect(again).not.toMatch(/^\+/m)
  })

  test('writes down what the program needs to know', () => {
    const text = readFileSync(`/etc/${machine.account}/machine.json`, 'utf8')
    expect(JSON.parse(text)).toMatchObject({
      format: 1,
      account: machine.account,
      slots: machine.slots,
      httpPort: machine.httpPort,
    })
  })
})
