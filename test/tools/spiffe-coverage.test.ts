import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  CHECKLIST,
  DOCUMENT,
  problemsOf,
  readClaims,
  readRows,
  writeDocument,
} from '../../tools/spiffe-coverage.mjs'

const claims = readClaims(new URL('../../test', import.meta.url).pathname)
const hasChecklist = existsSync(CHECKLIST)
const document = readFileSync(DOCUMENT, 'utf8')

describe('docs/spec/spiffe-coverage.md', () => {
  it.skipIf(!hasChecklist)('is what the titles of the tests say', async () => {
    const rows = readRows(readFileSync(CHECKLIST, 'utf8'))
    expect(rows).toHaveLength(254)
    expect(await writeDocument(rows, claims)).toBe(document)
  })

  it.skipIf(!hasChecklist)('has a test for every requirement that is the library’s', () => {
    expect(problemsOf(readRows(readFileSync(CHECKLIST, 'utf8')), claims)).toEqual([])
  })

  it('names every requirement that a test claims', () => {
    for (const { ids } of claims)
      for (const id of ids) expect(document).toMatch(new RegExp(`^\\| ${id} +\\|`, 'm'))
  })
})

describe('the coverage', () => {
  const rows = readRows(
    [
      '| A1 | M | V | Any scheme `a|b` is refused | 2, 2.1 |',
      '| A2 | S | V | Something | 2 |',
      '| A3 | m | S,O | Something | 3 |',
      '| A4 | M | O | Something | 4 |',
      '| J1 | M | C | Something | 5 |',
      'no row',
    ].join('\n'),
  )
  const claim = (...ids: string[]) => ({ file: 'test/a.test.ts', title: 'a', ids })

  it('reads requirements', () => {
    expect(rows.map(({ id, level, who }) => id + level + who)).toEqual([
      'A1MV',
      'A2SV',
      'A3mS,O',
      'A4MO',
      'J1MC',
    ])
    expect(rows[0]?.section).toBe('2, 2.1')
  })

  it('misses what no test claims, and what there is not', () => {
    expect(problemsOf(rows, [claim('A1', 'A3')])).toEqual([])
    expect(problemsOf(rows, [claim('A1')])).toEqual(['no test claims A3 (§3)'])
    expect(problemsOf(rows, [claim('A1', 'A3', 'Z9')])).toEqual(['there is no requirement Z9'])
  })
})
