/** What the bundler hands in as text: SQL of the migrations. */
declare module '*.sql?raw' {
  const text: string
  export default text
}

/** PHP that runs in a site's slot. */
declare module '*.php?raw' {
  const text: string
  export default text
}
