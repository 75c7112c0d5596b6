/** How a shell seals secrets for the disk (Electron's `safeStorage`). A shell without one keeps them in memory only. */
export interface SecretBox {
  /** Text in, opaque text out (base64). */
  seal(text: string): string
  /** Throws where the text was sealed elsewhere or damaged. */
  unseal(sealed: string): string
}
