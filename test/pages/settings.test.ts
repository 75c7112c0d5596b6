import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { aBusyDesk } from '../support/fake-desk.ts'
import { showPages } from '../support/shown-pages.ts'

const open = showPages()
const TRUSTED = {
  host: 'web1.example.com',
  port: 22,
  type: 'ssh-ed25519',
  fingerprint: 'SHA256:AbCd',
  key: 'AAAA',
}

describe('the settings', () => {
  test('keep what was chosen: colours, the size of the text, and each notification', async () => {
    const { page, desk, complaints } = await open(aBusyDesk(), '/settings')
    await page.getByRole('radio', { name: 'Dark' }).click()
    await page.getByRole('radio', { name: 'Large' }).click()
    await eventually(() =>
      expect(desk.settings).toMatchObject({
        'appearance.colours': 'dark',
        'appearance.textSize': 'large',
      }),
    )
    const seen = () =>
      page.evaluate(() => ({
        isDark: document.documentElement.classList.contains('dark'),
        textSize: getComputedStyle(document.body).fontSize,
      }))
    expect(await seen()).toEqual({ isDark: true, textSize: '16.0037px' })
    await page.reload()
    await page.getByRole('radio', { name: 'Dark' }).waitFor()
    expect(await seen()).toMatchObject({ isDark: true })

    await page.getByRole('link', { name: 'Notifications' }).click()
    await page.getByRole('switch', { name: 'Do not disturb' }).click()
    await eventually(() => expect(desk.settings['notify.isSilent']).toBe(true))
    expect(complaints).toEqual([])
  })

  test('show trusted keys, and remove one only after asking', async () => {
    const { page, desk } = await open(aBusyDesk({ trusted: [TRUSTED] }), '/settings/keys')
    await page.getByText('SHA256:AbCd').waitFor()
    await page.getByRole('button', { name: 'Remove the key of web1.example.com' }).click()
    await page.getByRole('button', { name: 'Keep it' }).click()
    expect(desk.trusted).toHaveLength(1)
    await page.getByRole('button', { name: 'Remove the key of web1.example.com' }).click()
    await page.getByRole('button', { name: 'Remove the key', exact: true }).click()
    await page.getByText('SHA256:AbCd').waitFor({ state: 'detached' })
    expect(desk.trusted).toEqual([])
  })

  test('show keys that were only seen, and ask about those that nobody has compared', async () => {
    const seen = { ...TRUSTED, host: 'web3.example.com', fingerprint: 'SHA256:SeEn' }
    const { page, complaints } = await open(aBusyDesk({ seen: [seen] }), '/settings/keys')
    const row = page.getByRole('listitem').filter({ hasText: 'SHA256:SeEn' })
    await row.getByText('it stands in ~/.ssh/known_hosts').waitFor()
    expect(await row.getByRole('button').count()).toBe(0)
    const keys = page.getByRole('list', { name: 'Host keys' })
    await keys.getByRole('button', { name: 'Compare and decide' }).click()
    await page.getByRole('dialog').waitFor()
    expect(complaints).toEqual([])
  })

  test('export everything as a file, once the passphrase was typed twice', async () => {
    const { page } = await open(aBusyDesk(), '/settings/data')
    const form = page.getByRole('region', { name: 'Export' })
    await form.getByLabel('Passphrase').fill('short')
    await form.getByRole('button', { name: 'Export everything' }).click()
    await form.getByText('needs at least 12 characters', { exact: false }).first().waitFor()
    await form.getByLabel('Passphrase').fill('correct horse battery')
    await form.getByLabel('Once more').fill('correct horse')
    await form.getByRole('button', { name: 'Export everything' }).click()
    await form.getByText('The two are not the same.').waitFor()
    await form.getByLabel('Once more').fill('correct horse battery')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      form.getByRole('button', { name: 'Export everything' }).click(),
    ])
    expect(download.suggestedFilename()).toMatch(/^hosting-desk-\d{4}-\d\d-\d\d\.export$/)
    expect(readFileSync(await download.path(), 'utf8')).toBe('sealed')
  })

  test('import in the place of everything only where that was said', async () => {
    const { page } = await open(aBusyDesk(), '/settings/data')
    const form = page.getByRole('region', { name: 'Import' })
    const file = { name: 'desk.export', mimeType: '', buffer: Buffer.from('sealed') }
    await form.getByLabel('File').setInputFiles(file)
    await form.getByLabel('Passphrase').fill('correct horse battery')
    await form.getByRole('button', { name: 'Import', exact: true }).click()
    await form.getByText('There are servers here already.').waitFor()
    await form.getByLabel('Replace everything that is here now').click()
    await form.getByRole('button', { name: 'Replace everything by the import' }).click()
    await form.getByText('2 servers, 3 platforms, 40 sites and 1,200 tasks are here now.').waitFor()
    await form.getByText('1-before-import.sqlite').waitFor()
  })
})
