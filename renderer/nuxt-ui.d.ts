import type UAlert from '@nuxt/ui/components/Alert.vue'
import type UApp from '@nuxt/ui/components/App.vue'
import type UBadge from '@nuxt/ui/components/Badge.vue'
import type UButton from '@nuxt/ui/components/Button.vue'
import type UCheckbox from '@nuxt/ui/components/Checkbox.vue'
import type UCheckboxGroup from '@nuxt/ui/components/CheckboxGroup.vue'
import type UCommandPalette from '@nuxt/ui/components/CommandPalette.vue'
import type UDropdownMenu from '@nuxt/ui/components/DropdownMenu.vue'
import type UFormField from '@nuxt/ui/components/FormField.vue'
import type UIcon from '@nuxt/ui/components/Icon.vue'
import type UInput from '@nuxt/ui/components/Input.vue'
import type UKbd from '@nuxt/ui/components/Kbd.vue'
import type UModal from '@nuxt/ui/components/Modal.vue'
import type UProgress from '@nuxt/ui/components/Progress.vue'
import type URadioGroup from '@nuxt/ui/components/RadioGroup.vue'
import type USelect from '@nuxt/ui/components/Select.vue'
import type USelectMenu from '@nuxt/ui/components/SelectMenu.vue'
import type USkeleton from '@nuxt/ui/components/Skeleton.vue'
import type USlideover from '@nuxt/ui/components/Slideover.vue'
import type USwitch from '@nuxt/ui/components/Switch.vue'
import type UTabs from '@nuxt/ui/components/Tabs.vue'
import type UTextarea from '@nuxt/ui/components/Textarea.vue'

/** The components of Nuxt UI that templates use by name; the build finds them by the same names. */
declare module 'vue' {
  interface GlobalComponents {
    UAlert: typeof UAlert
    UApp: typeof UApp
    UBadge: typeof UBadge
    UButton: typeof UButton
    UCheckbox: typeof UCheckbox
    UCheckboxGroup: typeof UCheckboxGroup
    UCommandPalette: typeof UCommandPalette
    UDropdownMenu: typeof UDropdownMenu
    UFormField: typeof UFormField
    UIcon: typeof UIcon
    UInput: typeof UInput
    UKbd: typeof UKbd
    UModal: typeof UModal
    UProgress: typeof UProgress
    URadioGroup: typeof URadioGroup
    USelect: typeof USelect
    USelectMenu: typeof USelectMenu
    USkeleton: typeof USkeleton
    USlideover: typeof USlideover
    USwitch: typeof USwitch
    UTabs: typeof UTabs
    UTextarea: typeof UTextarea
  }
}
