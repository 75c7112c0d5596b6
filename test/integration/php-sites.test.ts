import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CodeHarness } from '../support/code-harness.ts'

const SITE = 'www.shop.test'
let desk: CodeHarness

beforeAll(async () => {
  desk = await CodeHarness.open({ name: 'hdphp', slots: 4 })
  await desk.addPlatform('one')
  await desk.addPlatform('two', undefined, 'echo 2 > version.txt')
}, 180_000)
afterAll(() => desk?.close())

describe('a plain PHP site', () => {
  test('is installed in a slot with a database, and answers', async () => {
    const { result } = await desk.install(SITE, 'one', { site_title: 'Shop & more' })
    console.log(result)
    expect(await desk.fetch(SITE)).toMatchObject({ status: 200 })
  })
})
