import { expect, test } from 'vitest'
import { aBusyDesk } from '../support/fake-desk.ts'
import { anId } from '../support/fake-tasks.ts'
import { showPages } from '../support/shown-pages.ts'

const open = showPages()

test('what is not yet on a server is shown with both values, and is gone once it is taken back', async () => {
  const { page, main } = await open(aBusyDesk(), `/sites/${anId(301)}`)
  const banner = page.getByRole('region', { name: 'Not yet on the server' })
  await banner.getByText('["old.example.com"]').waitFor()
  await banner.getByText('["shop.example.com"]').waitFor()
  await banner.getByText('(unset)').waitFor()
  await banner.getByRole('link', { name: 'See the task that waits (#4)' }).waitFor()
  await banner.getByRole('button', { name: 'Take the change back' }).click()
  await banner.waitFor({ state: 'detached' })
  expect(main.desk.pending.has(anId(301))).toBe(false)
})

test('where no task waits, one is asked for; a refusal is told', async () => {
  const { page } = await open(aBusyDesk(), `/servers/${anId(101)}`)
  const banner = page.getByRole('region', { name: 'Not yet on the server' })
  await banner.getByRole('button', { name: 'Verify now' }).click()
  await banner.getByText('web1 is locked.').waitFor()
})

test('a crontab is shown with what would change, and changed as it was shown', async () => {
  const { page, desk, complaints } = await open(aBusyDesk(), `/servers/${anId(101)}?tab=recurring`)
  await page.getByRole('button', { name: 'Look at the crontab' }).click()
  const change = page.getByRole('list', { name: 'What changes in the crontab' })
  await change.getByText('+ * * * * * provision dispatch').waitFor()
  // Blanks are kept, as they mean something there.
  expect(await change.getByRole('listitem').first().innerText()).toBe('  0 5 * * *  tidy  up')
  await page.getByRole('button', { name: 'Install these lines' }).click()
  await page.getByRole('button', { name: 'Remove our lines' }).waitFor()
  await change.getByText('- * * * * * provision dispatch').waitFor()
  expect(desk.installedOver).toEqual([desk.crontabs.install.before])
  expect(complaints).toEqual([])
})

test('this computer’s crontab is shown and changed on the page of the queues', async () => {
  const desk = aBusyDesk()
  const { remove } = desk.crontabs
  desk.crontabs.remove = { ...remove, difference: [{ change: 'same', line: 'tidy up' }] }
  const { page } = await open(desk, '/queues')
  await page.getByRole('button', { name: 'Look at the crontab' }).click()
  const change = page.getByRole('list', { name: 'What changes in the crontab' })
  await change.getByText('+ * * * * * provision dispatch').waitFor()
  desk.crontabs.remove = remove
  await page.getByRole('button', { name: 'Install these lines' }).click()
  await page.getByRole('button', { name: 'Remove our lines' }).waitFor()
  expect(desk.installedOver).toEqual([desk.crontabs.install.before])
})

test('a task shows what it would change before it is started', async () => {
  const preview = {
    changes: [
      {
        kind: 'file' as const,
        action: 'change' as const,
        target: '/srv/hd/nginx/vhost.d/www.example.com.conf',
        diff: '@@ -1 +1 @@\n-  server_name www.example.com;\n+  server_name example.com;\n',
      },
      { kind: 'reload' as const, action: 'run' as const, target: 'nginx' },
    ],
    warnings: ['The clock of web1 is 40 s ahead.'],
    refusal: null,
  }
  const { page, complaints } = await open({ ...aBusyDesk(), preview }, `/sites/${anId(301)}`)
  await page.getByRole('button', { name: /^Actions for/ }).click()
  await page.getByRole('menuitem', { name: 'Preview “Verify”' }).click()
  const dialog = page.getByRole('dialog', { name: /^Verify/ })
  const shown = dialog.getByRole('region', { name: 'What would change' })
  await shown.getByText('The clock of web1').waitFor()
  expect(await shown.getByRole('heading').allTextContents()).toEqual(['Files', 'Services'])
  const added = shown.getByText('+  server_name example.com;')
  expect(await added.isVisible()).toBe(false)
  await shown.getByText('/srv/hd/nginx/vhost.d').click()
  await added.waitFor()
  expect(complaints).toEqual([])
})
