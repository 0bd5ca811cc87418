/**
 * Fails when a name that users can import has no docstring: exports of every public entry, and the members of
 * exported interfaces, classes and object types. Each index.ts needs a `@module` comment besides.
 *
 * node tools/check-docs.mjs [folder of package.json and tsconfig.json]
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { typescriptFiles } from './support/imports.mjs'
import { runAsProgram } from './support/main.mjs'
import { publicEntries, readPackage } from './support/package.mjs'

/**
 * @param {string} root The folder of package.json and tsconfig.json.
 * @returns {string[]} One line for each name without a docstring, as `file:line: …`.
 */
export function checkDocs(root) {
  const entries = publicEntries(readPackage(root)).map(({ source }) => join(root, source))
  const program = ts.createProgram(entries.filter(existsSync), compilerOptions(root))
  const checker = program.getTypeChecker()
  const src = join(root, 'src')
  /** @type {Set<string>} */
  const problems = new Set(undescribedModules(src))
  for (const entry of entries) {
    const file = program.getSourceFile(entry)
    const module = file && checker.getSymbolAtLocation(file)
    if (module === undefined) {
      problems.add(`${relative(root, entry)}: not there, or exports nothing`)
      continue
    }
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      for (const { name, node } of undocumented(symbol, checker)) {
        const place = node.getSourceFile()
        if (!place.fileName.startsWith(`${src}/`)) continue // a dependency's own type, passed on
        const { line } = place.getLineAndCharacterOfPosition(node.getStart())
        problems.add(`${relative(root, place.fileName)}:${line + 1}: ${name} has no docstring`)
      }
    }
  }
  return [...problems]
}

/**
 * What lacks a docstring in one exported name: itself and its members.
 *
 * @param {ts.Symbol} symbol Not an alias.
 * @param {ts.TypeChecker} checker
 */
function undocumented(symbol, checker) {
  const node = symbol.declarations?.[0]
  if (node === undefined) return []
  const lacking = isDocumented(symbol, checker) ? [] : [{ name: symbol.name, node }]
  for (const member of (symbol.declarations ?? []).flatMap(membersOf)) {
    const memberSymbol = member.name && checker.getSymbolAtLocation(member.name)
    const documented = memberSymbol
      ? isDocumented(memberSymbol, checker)
      : ts.getJSDocCommentsAndTags(member).length > 0
    const name = member.name ? member.name.getText() : '(call)'
    if (!documented) lacking.push({ name: `${symbol.name}.${name}`, node: member })
  }
  return lacking
}

/**
 * Whether there is text, its own or inherited from the member it overrides.
 *
 * @param {ts.Symbol} symbol
 * @param {ts.TypeChecker} checker
 */
function isDocumented(symbol, checker) {
  return symbol.getDocumentationComment(checker).some(({ text }) => text.trim() !== '')
}

/**
 * The members that a declaration lets users see and name. One with a computed name is a brand, or is documented
 * at the symbol that it is named by.
 *
 * @param {ts.Declaration} node An interface, class or type alias; others have none.
 * @returns {(ts.TypeElement | ts.ClassElement)[]}
 */
function membersOf(node) {
  const named = allMembersOf(node).filter(({ name }) => !(name && ts.isComputedPropertyName(name)))
  if (!ts.isClassDeclaration(node)) return named
  return named.filter((member) => {
    const hidden =
      ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)
    return member.name !== undefined && !ts.isPrivateIdentifier(member.name) && hidden === 0
  })
}

/**
 * @param {ts.Declaration} node
 * @returns {(ts.TypeElement | ts.ClassElement)[]}
 */
function allMembersOf(node) {
  if (ts.isTypeAliasDeclaration(node)) return membersOfType(node.type)
  return ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node) ? [...node.members] : []
}

/**
 * The members of the object types that a type is made of. A member of a literal type, as tells the branches of
 * a union apart, speaks for itself.
 *
 * @param {ts.TypeNode} type
 * @returns {ts.TypeElement[]}
 */
function membersOfType(type) {
  if (ts.isUnionTypeNode(type) || ts.isIntersectionTypeNode(type)) return type.types.flatMap(membersOfType)
  if (ts.isParenthesizedTypeNode(type) || ts.isTypeOperatorNode(type)) return membersOfType(type.type)
  if (ts.isArrayTypeNode(type)) return membersOfType(type.elementType)
  if (!ts.isTypeLiteralNode(type)) return []
  return type.members.filter((member) => {
    return !(ts.isPropertySignature(member) && member.type && ts.isLiteralTypeNode(member.type))
  })
}

/** @param {string} src */
function undescribedModules(src) {
  return typescriptFiles(src)
    .filter((file) => /(^|\/)index\.ts$/.test(file))
    .filter((file) => {
      const text = readFileSync(join(src, file), 'utf8')
      const comments = ts.getLeadingCommentRanges(text, 0) ?? []
      return !comments.some(({ pos, end }) => /^\/\*\*[^]*\n \* @module\b/.test(text.slice(pos, end)))
    })
    .map((file) => `src/${file}:1: begin with a docstring that ends in @module`)
}

/** @param {string} root */
function compilerOptions(root) {
  const path = join(root, 'tsconfig.json')
  const { config } = ts.readConfigFile(path, (file) => readFileSync(file, 'utf8'))
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options
}

runAsProgram(import.meta.url, (root = '.') => checkDocs(resolve(root)))
