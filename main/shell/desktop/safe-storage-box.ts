import { safeStorage } from 'electron'
import type { SecretBox } from '../../settings/secret-box.ts'

/** Secrets sealed by the system's keychain; null where there is none, since then Electron only scrambles them. */
export function createSecretBox(): SecretBox | null {
  if (!safeStorage.isEncryptionAvailable()) return null
  const isLinux = process.platform === 'linux'
  if (isLinux && safeStorage.getSelectedStorageBackend() === 'basic_text') return null
  return {
    seal: (text) => safeStorage.encryptString(text).toString('base64'),
    unseal: (sealed) => safeStorage.decryptString(Buffer.from(sealed, 'base64')),
  }
}
