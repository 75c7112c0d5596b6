/** What the bundler hands in as text: SQL of the migrations. */
declare module '*.sql?raw' {
  const text: string
  export default text
}
