/**
 * `tsdoc/syntax` with three allowances, for forms that TypeScript's own language service and JSDoc read well:
 * `@throws {VerificationError} …`, `@param name Text` without a hyphen, and `{@link https://… Text}` without a bar.
 */
import tsdoc from 'eslint-plugin-tsdoc'

const THROWS_CLASS = /^\s*(?:\/\*)?\*+\s*@throws \{\w+(?: \| \w+)*\}(?=\s)/
const LINK_WITH_TEXT = /\{@link https:\/\/\S+ [^|}]+/

/**
 * Which lines may have a message of TSDoc's parser, by the message's id.
 *
 * @type {Readonly<Record<string, RegExp>>}
 */
const ALLOWED = {
  'tsdoc-malformed-inline-tag': THROWS_CLASS,
  'tsdoc-escape-right-brace': THROWS_CLASS,
  'tsdoc-param-tag-missing-hyphen': /@param /,
  'tsdoc-link-tag-destination-syntax': LINK_WITH_TEXT,
}

/**
 * Whether a report points into one of the allowed forms.
 *
 * @param {readonly string[]} lines The file.
 * @param {Problem} problem The report.
 */
function isAllowed(lines, problem) {
  const { line, column } = problem.loc.start
  const text = lines[line - 1] ?? ''
  const match = ALLOWED[problem.messageId]?.exec(text)
  return match !== null && match !== undefined && column < match.index + match[0].length
}

/** @typedef {{ messageId: string, loc: { start: { line: number, column: number } } }} Problem */

const syntax = /** @type {import('eslint').Rule.RuleModule} */ (tsdoc.rules.syntax)

/** @type {import('eslint').Rule.RuleModule} */
const tolerantSyntax = {
  ...syntax,
  create(context) {
    const report = (/** @type {import('eslint').Rule.ReportDescriptor & Problem} */ problem) => {
      if (!isAllowed(context.sourceCode.lines, problem)) context.report(problem)
    }
    const filtered = /** @type {typeof context} */ (Object.create(context, { report: { value: report } }))
    return syntax.create(filtered)
  },
}

/** @type {import('eslint').ESLint.Plugin} */
export const tsdocPlugin = { rules: { syntax: tolerantSyntax } }
