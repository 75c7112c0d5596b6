import type { Json } from '#shared/domain/json.ts'
import { defineTaskType, type Feature } from '../../main/hooks/feature.ts'

/** A task of a server that asks for a password and says it to the server, for this run only. */
export const passwordTask: Feature = {
  name: 'password-task',
  title: 'Password task',
  taskTypes: [
    defineTaskType({
      type: 'set-password',
      objectKind: 'server',
      title: 'Set a password',
      description: '',
      weight: 1,
      savesContext: false,
      form: {
        fields: [
          { name: 'account', type: 'text', label: 'Account' },
          { name: 'password', type: 'password', label: 'Password', isRequired: true },
        ],
      },
      refusal: () => null,
      options: (_server, { account, password }) => ({
        account: textOf(account),
        line: `${textOf(account)}:${textOf(password)}`,
        list: [textOf(password)],
      }),
    }),
  ],
}

export const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
