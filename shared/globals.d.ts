/** What both Node and the browser have and this folder uses. */
declare class URL {
  constructor(address: string)
  readonly hostname: string
}
