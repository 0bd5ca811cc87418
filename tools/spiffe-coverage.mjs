/**
 * Writes docs/spec/spiffe-coverage.md: which test shows which requirement of SPIFFE. The requirements are a checklist
 * beside the checkout; a test claims one by having its id in brackets in its title, such as `[B12]`.
 *
 * Fails when a requirement on validators, clients, servers or issuers is claimed by no test.
 *
 * node tools/spiffe-coverage.mjs [the checklist, default ../shared/spiffe/CHECKLIST.md] [--check]
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { ROOT } from './support/main.mjs'

export const CHECKLIST = join(ROOT, '../shared/spiffe/CHECKLIST.md')
export const DOCUMENT = join(ROOT, 'docs/spec/spiffe-coverage.md')

/**
 * @typedef {{ id: string, level: string, who: string, section: string }} Row A requirement.
 * @typedef {{ file: string, title: string, ids: readonly string[] }} Claim A test that claims some.
 */

const ROW = /^\| ([A-J]\d+) \| (\w) \| ([VCSIO,]+) \| .* \| ([^|]+) \|$/
const IDS = /\[([A-J]\d+)\]/g
/** The most tests of one requirement that are listed. */
const SHOWN = 2
const LEVELS = new Map([
  ['M', 'MUST'],
  ['S', 'SHOULD'],
  ['m', 'required'],
  ['y', 'MAY'],
])
const WHO = new Map([
  ['V', 'validator'],
  ['C', 'client'],
  ['S', 'server'],
  ['I', 'issuer'],
  ['O', 'operator'],
])

/**
 * The requirements of a checklist.
 *
 * @param {string} text
 * @returns {Row[]}
 */
export function readRows(text) {
  return text.split('\n').flatMap((line) => {
    const [, id, level, who, section] = ROW.exec(line) ?? []
    return id && level && who && section ? [{ id, level, who, section: section.trim() }] : []
  })
}

/**
 * What the tests of a folder claim: every text of a test file, in quotation marks, with an id in it.
 *
 * @param {string} folder
 * @returns {Claim[]}
 */
export function readClaims(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.test.ts'),
  )
  return files.sort().flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8')
    return [...text.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/g)].flatMap((match) => {
      const title = match.slice(1).find(Boolean) ?? ''
      const ids = [...title.matchAll(IDS)].map(([, id = '']) => id)
      if (ids.length === 0) return []
      return [
        {
          file: relative(ROOT, join(folder, file)),
          title: title.replace(IDS, '').replace(/\s+/g, ' ').trim(),
          ids,
        },
      ]
    })
  })
}

/**
 * Whether a requirement needs a test: it is one of the library's, and not only recommended.
 *
 * @param {Row} row
 */
const isOwed = ({ id, level, who }) =>
  'Mm'.includes(level) && /[VCSI]/.test(who) && exemptionOf({ id, who }) === undefined

/**
 * Why a requirement is none for this library, if it is none.
 *
 * @param {{ id: string, who: string }} row
 */
const exemptionOf = ({ id, who }) =>
  id.startsWith('J')
    ? 'the Broker API is not offered'
    : id === 'G39'
      ? 'the Workload API is not served, but by a fake one for tests, which does not know WIT-SVIDs'
      : who === 'O'
        ? 'for the operator'
        : undefined

/**
 * What is wrong with the claims.
 *
 * @param {readonly Row[]} rows
 * @param {readonly Claim[]} claims
 * @returns {string[]}
 */
export function problemsOf(rows, claims) {
  const claimed = new Set(claims.flatMap(({ ids }) => ids))
  const known = new Set(rows.map(({ id }) => id))
  return [
    ...rows
      .filter((row) => isOwed(row) && !claimed.has(row.id))
      .map(({ id, section }) => `no test claims ${id} (§${section})`),
    ...[...claimed].filter((id) => !known.has(id)).map((id) => `there is no requirement ${id}`),
  ]
}

/**
 * The document.
 *
 * @param {readonly Row[]} rows
 * @param {readonly Claim[]} claims
 * @returns {Promise<string>}
 */
export async function writeDocument(rows, claims) {
  const lines = rows.map((row) => {
    const { id, level, who, section } = row
    const tests = claims.filter(({ ids }) => ids.includes(id))
    const exemption = exemptionOf(row)
    const cell = exemption
      ? `out of scope: ${exemption}`
      : tests
          .slice(0, SHOWN)
          .map(({ file, title }) => `${escape(title)} (\`${file.replace(/^test\//, '')}\`)`)
          .concat(tests.length > SHOWN ? [`and ${String(tests.length - SHOWN)} more`] : [])
          .join('<br>') || 'no test'
    const roles = who.split(',').map((each) => WHO.get(each) ?? each)
    return `| ${id} | ${LEVELS.get(level) ?? level} | ${roles.join(', ')} | ${section} | ${cell} |`
  })
  const text = `# SPIFFE coverage

<!-- Written by tools/spiffe-coverage.mjs; do not change it by hand. -->

What the SPIFFE specifications ask for, at commit 665a28f of 1 July 2026, and which tests fail when it is not kept. The ids are those of a checklist of ${String(rows.length)} requirements: A is SPIFFE-ID, B X509-SVID, C JWT-SVID, D Trust Domain and Bundle, E Federation, F Workload Endpoint, G Workload API, H WIT-SVID, J Broker Endpoint and API. A test claims a requirement by its id in its title. Every MUST, and what is required in other words (“required”), that is for validators, clients, servers or issuers has a test; what is recommended or allowed may have one.

The Broker API is incubating, and is for those who get SVIDs for other workloads: Comity does not.

| id | level | for | section | tests |
| --- | --- | --- | --- | --- |
${lines.join('\n')}
`
  return format(text, { ...(await resolveConfig(DOCUMENT)), parser: 'markdown' })
}

/** @param {string} title */
const escape = (title) => title.replace(/[|<*_`$\\]/g, (character) => `\\${character}`)

/** @param {readonly string[]} args */
async function main(args) {
  const [checklist = CHECKLIST] = args.filter((each) => !each.startsWith('--'))
  if (!existsSync(checklist)) {
    console.error(`there is no ${checklist}`)
    return 2
  }
  const rows = readRows(readFileSync(checklist, 'utf8'))
  const claims = readClaims(join(ROOT, 'test'))
  const problems = problemsOf(rows, claims)
  const document = await writeDocument(rows, claims)
  if (!args.includes('--check')) writeFileSync(DOCUMENT, document)
  else if (!existsSync(DOCUMENT) || readFileSync(DOCUMENT, 'utf8') !== document) {
    problems.push(
      'docs/spec/spiffe-coverage.md is not what the tests say: run node tools/spiffe-coverage.mjs',
    )
  }
  for (const problem of problems) console.error(problem)
  return problems.length > 0 ? 1 : 0
}

if (process.argv[1]?.endsWith('spiffe-coverage.mjs')) process.exitCode = await main(process.argv.slice(2))
