import { fileURLToPath } from 'node:url'
import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const folder = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/**
 * The renderer. Paths are relative so that the built page works from any shell. Icons are found in the sources
 * and put into the bundle: nothing is fetched at run time.
 */
export default defineConfig({
  root: folder('./renderer'),
  base: './',
  publicDir: false,
  cacheDir: folder('./node_modules/.vite'),
  plugins: [
    vue(),
    ui({
      root: folder('.'),
      autoImport: false,
      components: { dts: false, dirs: [] },
      dts: false,
      prose: false,
      theme: { colors: ['primary', 'info', 'success', 'warning', 'error'] },
      ui: {
        colors: {
          primary: 'teal',
          neutral: 'zinc',
          info: 'sky',
          success: 'green',
          warning: 'amber',
          error: 'red',
        },
        button: { variants: { size: { md: { leadingIcon: 'size-4', trailingIcon: 'size-4' } } } },
      },
      icon: { clientBundle: { scan: { globInclude: ['renderer/**/*.{vue,ts}'] } } },
    }),
  ],
  build: {
    outDir: folder('./dist/renderer'),
    emptyOutDir: true,
    target: 'chrome130',
    chunkSizeWarningLimit: 2000,
    modulePreload: { polyfill: false },
  },
})
