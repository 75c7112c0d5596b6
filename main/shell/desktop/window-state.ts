import { readFileSync, writeFileSync } from 'node:fs'
import type { Rectangle } from 'electron'
import { z } from 'zod'

/** Where the window stood when it was last closed. */
const WindowState = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(200).max(20_000),
  height: z.number().int().min(200).max(20_000),
  isMaximised: z.boolean(),
})
export type WindowState = z.infer<typeof WindowState>

export const SMALLEST = { width: 640, height: 480 }
const USUAL = { width: 1280, height: 800 }

/** So much of the window must lie on a screen for a person to get hold of it. */
const GRIP = { width: 120, height: 40 }

/** How a window opens: as it was, where the screens still are as they were; else in its usual size, where the system puts it. */
export function toOpening(
  state: WindowState | undefined,
  screens: readonly Rectangle[],
): { bounds: Partial<Rectangle> & { width: number; height: number }; isMaximised: boolean } {
  if (state === undefined) return { bounds: USUAL, isMaximised: false }
  const { isMaximised, ...found } = state
  const bounds = {
    ...found,
    width: Math.max(SMALLEST.width, found.width),
    height: Math.max(SMALLEST.height, found.height),
  }
  if (screens.some((screen) => isReachable(bounds, screen))) return { bounds, isMaximised }
  return { bounds: { width: bounds.width, height: bounds.height }, isMaximised }
}

/** Its title bar is on the screen, at least as much of it as a hand needs. */
function isReachable(window: Rectangle, screen: Rectangle): boolean {
  const overlap =
    Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x)
  const isBelowTop = window.y >= screen.y - 10
  return overlap >= GRIP.width && isBelowTop && window.y + GRIP.height <= screen.y + screen.height
}

/** What was kept; undefined where there is nothing, or nothing that can be read. */
export function readWindowState(file: string): WindowState | undefined {
  try {
    return WindowState.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}

/** A window that opens in its usual place is no reason to stop anything. */
export function keepWindowState(file: string, state: WindowState): void {
  try {
    writeFileSync(file, JSON.stringify(state), { mode: 0o600 })
  } catch (error) {
    console.error(error)
  }
}
