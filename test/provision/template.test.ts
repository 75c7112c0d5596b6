import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const FOLDER = path.join(import.meta.dirname, '../../provision/templates/static-site')
const files = readdirSync(FOLDER)
const textOf = (file: string) => readFileSync(path.join(FOLDER, file), 'utf8')

describe('the static platform that ships', () => {
  test('has a front page and a page for what is missing', () => {
    expect(files).toEqual(expect.arrayContaining(['index.html', '404.html', 'about.html']))
    expect(textOf('index.html')).toContain('This site was installed by Hosting Desk.')
  })

  test.each(files)('needs nothing from elsewhere: %s', (file) => {
    const addresses = textOf(file).match(/(?:https?:)?\/\/[a-z][\w.-]+/gi) ?? []
    expect(addresses.filter((address) => address !== 'http://www.w3.org')).toEqual([])
  })

  test.each(files.filter((file) => file.endsWith('.html')))(
    'holds no script or style in the page, and leads only to what is there: %s',
    (file) => {
      const text = textOf(file)
      expect(text).not.toMatch(/<style|style=|<script>|\son\w+=/i)
      const targets = [...text.matchAll(/(?:href|src)="\/([^"]*)"/g)].map(([, name]) => name ?? '')
      expect(targets.length).toBeGreaterThan(0)
      for (const target of targets) expect(files).toContain(target || 'index.html')
    },
  )
})
