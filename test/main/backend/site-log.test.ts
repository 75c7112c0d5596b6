import { describe, expect, test } from 'vitest'
import type { JsonRecord } from '#shared/domain/json.ts'
import { readSiteLog } from '../../../main/backend/native/site-log.ts'
import { localConnection } from '../../support/local-connection.ts'

/** What is read where the program on the server ends so. */
const readFrom = (result: JsonRecord) => {
  const ending = { event: 'result', contexts: [], removedContexts: [], at: 1, ...result }
  return readSiteLog(localConnection('/'), ['printf', '%s\n', JSON.stringify(ending)], undefined)
}
const refused = (errorCode: string, errorMessage: string) => ({
  isOk: false,
  errorCode,
  errorMessage,
  data: {},
})

describe('the log of a site', () => {
  test('is read as a page, with nothing in it that a page could take for more than text', async () => {
    const page = { lines: ['GET \u001b[31m/'], from: 0, sizeBytes: 5, changedAt: null }
    const result = { isOk: true, errorCode: null, errorMessage: null, data: page }
    expect(await readFrom(result)).toEqual({ ...page, lines: ['GET /'] })
  })

  test('has a code of its own where the web service keeps none', async () => {
    const none = refused('PROVISION_NO_LOGS', 'The web service keeps no logs of its sites.')
    await expect(readFrom(none)).rejects.toMatchObject({ code: 'backend.no-logs' })
  })

  test('is refused in the words of the server', async () => {
    const usage = refused('PROVISION_USAGE', 'The logs of a site are “access” and “error”.')
    await expect(readFrom(usage)).rejects.toMatchObject({
      code: 'backend.refused',
      message: usage.errorMessage,
    })
  })
})
