import { ref, shallowRef, type Ref } from 'vue'
import { toErrorText, toFieldProblems, type ErrorText } from '../lib/error-text.ts'
import type { FormProblems } from '#shared/domain/form.ts'

export interface Action<Input extends unknown[], Output> {
  /** The output, or undefined where it failed; then `error` says why. A second call while one runs does nothing. */
  run: (...input: Input) => Promise<Output | undefined>
  isRunning: Ref<boolean>
  error: Ref<ErrorText | undefined>
  /** Problems at the fields of the form that was sent. */
  problems: Ref<FormProblems>
  clear: () => void
}

/** One deed of the person, with its state. */
export function useAction<Input extends unknown[], Output>(
  act: (...input: Input) => Promise<Output>,
): Action<Input, Output> {
  const isRunning = ref(false)
  const error = shallowRef<ErrorText>()
  const problems = shallowRef<FormProblems>({})

  function clear(): void {
    error.value = undefined
    problems.value = {}
  }

  async function run(...input: Input): Promise<Output | undefined> {
    if (isRunning.value) return undefined
    isRunning.value = true
    clear()
    try {
      return await act(...input)
    } catch (problem) {
      error.value = toErrorText(problem)
      problems.value = toFieldProblems(problem)
      return undefined
    } finally {
      isRunning.value = false
    }
  }

  return { run, isRunning, error, problems, clear }
}
