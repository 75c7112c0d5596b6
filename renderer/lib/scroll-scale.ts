/** No browser lays out what is much higher; a million lines of a log are more than one of them can. */
const MAX_HEIGHT = 15_000_000

/** How high what is scrolled through is made, and how a place in it stands to a place in the whole. */
export interface ScrollScale {
  height: number
  /** Whole pixels to one of the scroll bar's; 1 while everything fits. */
  factor: number
}

export function scrollScale(wholeHeight: number, viewport: number): ScrollScale {
  if (wholeHeight <= MAX_HEIGHT) return { height: wholeHeight, factor: 1 }
  return { height: MAX_HEIGHT, factor: (wholeHeight - viewport) / (MAX_HEIGHT - viewport) }
}
