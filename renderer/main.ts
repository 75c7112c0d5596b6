import './lib/no-eval.ts'
import ui from '@nuxt/ui/vue-plugin'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { isConnectionLoss } from './lib/error-text.ts'
import { router } from './router.ts'
import { connect } from './rpc/client.ts'
import { useLive } from './stores/live.ts'
import './style.css'

// A call whose page is gone may still be told that the connection went; nobody waits for it.
window.addEventListener('unhandledrejection', (event) => {
  if (isConnectionLoss(event.reason)) event.preventDefault()
})

const app = createApp(App)
app.use(createPinia())
app.use(router)
app.use(ui)
connect()
useLive().start()
app.mount('#app')
