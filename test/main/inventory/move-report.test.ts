import { describe, expect, test } from 'vitest'
import { whatIsLeft, whatIsLeftOfOurs } from '../../../main/inventory/move-report.ts'
import { aSite } from '../../support/objects.ts'

const KNOWN = { context_type: 'site', uri: 'a.example.com', aliases: [], site_enabled: true }

describe('the report of a move from Aegir’s server', () => {
  test('names settings that have no counterpart here, and no others', () => {
    const savedOptions = { ...KNOWN, git_ref: 'main', home_grown_flag: 'yes', ssl_enabled: 1 }
    const left = whatIsLeft(aSite({ savedOptions }))
    expect(left).toContain(
      'These settings of Aegir’s have no counterpart here: git_ref, home_grown_flag.',
    )
    expect(whatIsLeft(aSite({ savedOptions: KNOWN })).join('\n')).not.toContain('no counterpart')
  })

  test('always says that passwords beside the site are to be set anew', () => {
    expect(whatIsLeft(aSite({ savedOptions: KNOWN }))).toContain(
      'Passwords that Aegir kept beside the site (basic authentication, cron’s key) are not carried: set them anew.',
    )
  })

  test('speaks of HTTPS where the site had it', () => {
    const withSsl = aSite({ savedOptions: { ...KNOWN, ssl_enabled: 1 } })
    expect(whatIsLeft(withSsl).join('\n')).toContain('HTTPS')
    expect(whatIsLeft(aSite({ savedOptions: KNOWN, https: 'off' })).join('\n')).not.toContain(
      'HTTPS',
    )
  })
})

test('the report of a move from a server of our own knows nothing of Aegir', () => {
  expect(whatIsLeftOfOurs(aSite({ savedOptions: KNOWN })).join('\n')).not.toContain('Aegir')
})
