import { computed, ref, type Ref } from 'vue'
import type { FormProblems } from '#shared/domain/form.ts'
import type { Checked } from '../lib/checked.ts'
import type { ErrorText } from '../lib/error-text.ts'
import { useAction } from './use-action.ts'

export interface Form {
  /** What stands at the fields: what is wrong with what was typed, and what main found wrong with it. */
  problems: Ref<FormProblems>
  isSending: Ref<boolean>
  /** Why it could not be sent. */
  error: Ref<ErrorText | undefined>
  submit: () => Promise<void>
  /** Takes away what main found wrong: it was about something else than what stands there now. */
  clear: () => void
}

/**
 * A form that is sent to main. `check` judges what was typed (undefined while that is not known yet); what it finds
 * wrong is shown from the first try on; at a field that `isEarly`, as soon as it is found.
 */
export function useForm<Facts>(
  check: () => Checked<Facts> | undefined,
  send: (facts: Facts) => Promise<void>,
  isEarly: (field: string) => boolean = () => false,
): Form {
  const hasTried = ref(false)
  const checked = computed(check)
  const action = useAction(send)
  const found = computed<FormProblems>(() => {
    const all =
      checked.value !== undefined && 'problems' in checked.value ? checked.value.problems : {}
    return Object.fromEntries(
      Object.entries(all).filter(([field]) => hasTried.value || isEarly(field)),
    )
  })
  return {
    problems: computed(() => ({ ...found.value, ...action.problems.value })),
    isSending: action.isRunning,
    error: action.error,
    async submit() {
      hasTried.value = true
      if (checked.value !== undefined && 'facts' in checked.value)
        await action.run(checked.value.facts)
    },
    clear: action.clear,
  }
}
