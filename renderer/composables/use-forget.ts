import { ref, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import { useAction, type Action } from './use-action.ts'

/** “Forget”: asked once more, then the object is gone here; nothing is touched on its server. */
export function useForget(
  forget: () => Promise<unknown>,
  back: string,
): { isAsking: Ref<boolean>; action: Action<[], void> } {
  const router = useRouter()
  const isAsking = ref(false)
  const action = useAction(async () => {
    await forget()
    isAsking.value = false
    await router.push(back)
  })
  return { isAsking, action }
}
