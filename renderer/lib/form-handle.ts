/** What a form page lets its view do. */
export interface FormHandle {
  /** Leads to the first field that has a problem, once the problems are drawn. */
  focusProblem: () => Promise<void>
}
