/** A column of a list; `sort` is what a list can be sorted by with it. */
export interface Column {
  label: string
  sort?: string
}

/** By which column a list is sorted. */
export interface ShownSort {
  by: string
  isDescending: boolean
}
