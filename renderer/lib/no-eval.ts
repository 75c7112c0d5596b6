import { z } from 'zod'

// Imported before any schema: the content policy forbids code made from text, so zod must not try it.
z.config({ jitless: true })
