import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { format, resolveConfig } from 'prettier'
import ts from 'typescript'

const ROOT = path.resolve(import.meta.dirname, '..')
export const REFERENCE = path.join(ROOT, 'docs/extending/reference.md')

const PARTS = [
  { module: 'hosting-desk/extending', file: 'main/hooks/extending.ts', config: 'main' },
  {
    module: 'hosting-desk/extending/server',
    file: 'provision/extensions/extending.ts',
    config: 'provision',
  },
]

const HEAD = `# Reference of the types

Written by \`npm run reference\` from the source; the guide is in [README.md](README.md). Types from schemas are shown as what they come to.
`

/** Every published type with its words, as Markdown. */
export async function renderReference(): Promise<string> {
  return [HEAD, ...(await Promise.all(PARTS.map(renderPart)))].join('\n')
}

async function renderPart({ module, file, config }: (typeof PARTS)[number]): Promise<string> {
  const entry = path.join(ROOT, file)
  const program = ts.createProgram([entry], optionsOf(config))
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(entry)
  const symbol = source === undefined ? undefined : checker.getSymbolAtLocation(source)
  if (symbol === undefined) throw new Error(`${file} exports nothing.`)
  const types = checker
    .getExportsOfModule(symbol)
    .map((one) => (one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const texts: string[] = []
  for (const type of types) texts.push(`### ${type.name}\n\n${await renderType(type, checker)}\n`)
  return [`## ${module}\n`, ...texts].join('\n')
}

function optionsOf(folder: string): ts.CompilerOptions {
  const file = path.join(ROOT, folder, 'tsconfig.json')
  const read = ts.readConfigFile(file, (name) => ts.sys.readFile(name))
  return ts.parseJsonConfigFileContent(read.config, ts.sys, path.dirname(file)).options
}

async function renderType(symbol: ts.Symbol, checker: ts.TypeChecker): Promise<string> {
  const declarations = symbol.declarations ?? []
  const shown = declarations.find(
    (one) => ts.isInterfaceDeclaration(one) || ts.isTypeAliasDeclaration(one),
  )
  if (shown === undefined) throw new Error(`${symbol.name} is no type.`)
  const words = declarations.map(wordsOf).find((text) => text !== '')
  const text = isOfSchema(shown) ? await renderSchemaType(symbol, shown, checker) : sourceOf(shown)
  return `${words === undefined ? '' : `${words}\n\n`}\`\`\`ts\n${text}\n\`\`\``
}

/** A type that a schema gives says nothing by its own text. */
const isOfSchema = (node: ts.Declaration): node is ts.TypeAliasDeclaration =>
  ts.isTypeAliasDeclaration(node) && node.type.getText().startsWith('z.infer<')

async function renderSchemaType(
  symbol: ts.Symbol,
  node: ts.TypeAliasDeclaration,
  checker: ts.TypeChecker,
): Promise<string> {
  const type = checker.getDeclaredTypeOfSymbol(symbol)
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias
  const text = checker.typeToString(type, node, flags)
  const options = await resolveConfig(path.join(ROOT, 'shared'))
  const pretty = await format(`type ${symbol.name} = ${text}`, { ...options, parser: 'typescript' })
  return pretty.trim()
}

const sourceOf = (node: ts.Node): string => node.getText().replace(/^export /, '')

function wordsOf(declaration: ts.Declaration): string {
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration
  return ts
    .getJSDocCommentsAndTags(node)
    .flatMap((one) => ts.getTextOfJSDocComment(one.comment) ?? [])
    .join(' ')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\{@link (\w+)\}/g, '`$1`')
}

if (import.meta.main) writeFileSync(REFERENCE, await renderReference())
