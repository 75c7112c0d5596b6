import { expect, test } from 'vitest'
import { checkForm } from '#shared/domain/form-check.ts'
import type { Form } from '#shared/domain/form.ts'

const form: Form = {
  fields: [
    { name: 'title', type: 'text', label: 'Title', isRequired: true, maxLength: 5 },
    { name: 'count', type: 'number', label: 'Count', min: 1, max: 3, default: 2 },
    { name: 'more', type: 'checkbox', label: 'More' },
    {
      name: 'how',
      type: 'radios',
      label: 'How',
      isRequired: true,
      choices: [{ value: 'fast', label: 'Fast' }],
      visibleWhen: { field: 'more', is: true },
    },
  ],
}

test('defaults are filled in, and fields that nobody asked for are left out', () => {
  expect(checkForm(form, { title: 'a', other: 1 })).toEqual({
    values: { title: 'a', count: 2 },
    problems: {},
  })
})

test('several problems are found at once, each at its field', () => {
  const { problems } = checkForm(form, { title: 'too long', count: 9, more: 'yes' })
  expect(Object.keys(problems)).toEqual(['title', 'count', 'more'])
})

test('a field that is not shown is not needed, and one that is shown is', () => {
  expect(checkForm(form, { title: 'a', more: false }).problems).toEqual({})
  expect(checkForm(form, { title: 'a', more: true }).problems).toEqual({ how: 'How is needed.' })
})

test.each([
  ['text for a number', { title: 'a', count: '1' }, 'count'],
  ['a list for a text', { title: ['a'] }, 'title'],
  ['a choice that is none', { title: 'a', more: true, how: 'slow' }, 'how'],
])('%s is refused', (_what, values, field) => {
  expect(Object.keys(checkForm(form, values).problems)).toEqual([field])
})
