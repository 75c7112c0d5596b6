/** An id for a run of ours, as the frontend makes them: UUIDv7. */
export async function newRunId(now: number): Promise<string> {
  // Loaded late: only a dispatch needs it, and every start would wait for it.
  const { randomBytes } = await import('node:crypto')
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
