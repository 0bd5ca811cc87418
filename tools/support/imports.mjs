/** Reads what a TypeScript file imports, in whichever way it is spelled, from its syntax tree. */
import { readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import ts from 'typescript'

/**
 * One place where a file names another module.
 *
 * @typedef {object} ModuleReference
 * @property {string | undefined} specifier What is named; undefined when it is computed at run time.
 * @property {number} line Counted from 1.
 */

/**
 * Every module that a file names: `import`, `import type`, `export … from`, `import x = require()`,
 * `import()` as expression and as type, `require()`, `import.meta.resolve()`, `declare module` and
 * `/// <reference>`, in the order of the text.
 *
 * @param {string} path For the kind of file only; nothing is read.
 * @param {string} text The source.
 * @returns {ModuleReference[]} Repeated where the file repeats itself.
 */
export function importsOf(path, text) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
  const lineAt = (/** @type {number} */ position) => file.getLineAndCharacterOfPosition(position).line + 1
  /** @type {ModuleReference[]} */
  const references = [...file.referencedFiles, ...file.typeReferenceDirectives].map(({ fileName, pos }) => ({
    specifier: fileName,
    line: lineAt(pos),
  }))
  const visit = (/** @type {ts.Node} */ node) => {
    const named = moduleNamedBy(node)
    if (named !== undefined) {
      references.push({ specifier: literalText(named.by), line: lineAt(node.getStart(file)) })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return references
}

/**
 * The expression by which a node names a module, or undefined when the node names none.
 *
 * @param {ts.Node} node Any node.
 * @returns {{ by: ts.Node | undefined } | undefined} Wrapped, since `import()` may lack its argument.
 */
function moduleNamedBy(node) {
  if (ts.isImportDeclaration(node)) return { by: node.moduleSpecifier }
  if (ts.isExportDeclaration(node)) return node.moduleSpecifier && { by: node.moduleSpecifier }
  if (ts.isExternalModuleReference(node)) return { by: node.expression }
  if (ts.isImportTypeNode(node))
    return { by: ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined }
  if (ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name)) return { by: node.name }
  if (ts.isCallExpression(node) && loadsModule(node.expression)) return { by: node.arguments[0] }
  return undefined
}

/**
 * Whether calling this expression loads or finds a module.
 *
 * @param {ts.Expression} callee What is called.
 * @returns {boolean}
 */
function loadsModule(callee) {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true
  if (ts.isIdentifier(callee)) return callee.text === 'require'
  if (!ts.isPropertyAccessExpression(callee) || callee.name.text !== 'resolve') return false
  return ts.isMetaProperty(callee.expression) || loadsModule(callee.expression)
}

/**
 * The text of a string literal without substitutions.
 *
 * @param {ts.Node | undefined} node Any node.
 */
function literalText(node) {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined
}

/**
 * The TypeScript files under a folder, sorted.
 *
 * @param {string} folder An absolute path.
 * @returns {string[]} Relative to the folder, with forward slashes.
 */
export function typescriptFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, sep).length).split(sep).join('/'))
    .sort()
}
