import { describe, expect, it } from 'vitest'
import vectors from '../../fixtures/handshake/key-schedule.json' with { type: 'json' }
import { auditLeafHash, type AuditRecord } from '../../src/audit/index.ts'
import { AGENT_CREDENTIAL_TYPES } from '../../src/credentials/index.ts'
import { schemaFaults } from '../../src/credentials/schema-validator.ts'
import { documentFaults } from '../../src/credentials/unverified-credential.ts'
import { parseDemand } from '../../src/demand/index.ts'
import { findService, parseDidDocument } from '../../src/did/index.ts'
import { parseJsonObject, type JsonObject } from '../../src/encoding/index.ts'
import { REFUSAL_REASONS } from '../../src/handshake/index.ts'
import { refusalReason } from '../../src/handshake/reasons.ts'
import { codeClasses } from '../errors/code-classes.ts'
import { blocksOf, pagesIn, readPage } from './markdown.ts'

/** The `json` blocks of a page of the specification. */
function examplesOf(name: string): JsonObject[] {
  return blocksOf(`docs/spec/${name}.md`)
    .filter(({ language }) => language === 'json')
    .map(({ text }) => parseJsonObject(text))
}

/** The cells of a page's table rows. */
function rowsOf(page: string, text = readPage(page)): string[][] {
  return [...text.matchAll(/^\|(.*)\|$/gm)].map(([, row = '']) => row.split('|').map((cell) => cell.trim()))
}

const codesIn = (cell: string): string[] => [...cell.matchAll(/`(COMITY_\w+)`/g)].map(([, code = '']) => code)

describe('errors.md', () => {
  const sections = readPage('docs/spec/errors.md').split(/^## /m).slice(1)
  const listed = sections.flatMap((section) => {
    const [, name = ''] = /^`(\w+)`/.exec(section) ?? []
    return rowsOf('', section).flatMap(([code = '', meaning = '']) =>
      codesIn(code).map((found) => ({ code: found, name, meaning })),
    )
  })

  it('lists exactly the codes of the source, each under its class', () => {
    const expected = codeClasses().map(({ code, type }) => `${code} ${type.name}`)
    expect(listed.map(({ code, name }) => `${code} ${name}`).sort()).toEqual(expected.sort())
  })

  it('says what each means', () => {
    expect(listed.filter(({ meaning }) => meaning.length < 10)).toEqual([])
  })
})

describe('the pages of the specification', () => {
  const known = new Set(codeClasses().map(({ code }) => code))

  it.each(pagesIn('docs/spec'))('%s names only codes that there are', (page) => {
    const named = [...readPage(page).matchAll(/COMITY_[A-Z0-9_]+/g)].map(([code]) => code)
    expect(named.filter((code) => !known.has(code) && code !== 'COMITY_')).toEqual([])
  })

  it.each(pagesIn('docs/spec'))('%s has examples that are JSON', (page) => {
    const examples = blocksOf(page).filter(({ language }) => language === 'json')
    expect(() => examples.map(({ text }) => parseJsonObject(text))).not.toThrow()
  })
})

describe('handshake.md', () => {
  it('tells each code as coarsely as the code does', () => {
    const classes = new Map(codeClasses().map(({ code, type }) => [code, type]))
    const rows = rowsOf('docs/spec/handshake.md').filter(([, coarse = '']) =>
      (REFUSAL_REASONS as readonly string[]).includes(coarse),
    )
    const told = new Map(
      rows.flatMap(([codes = '', coarse = '']) => codesIn(codes).map((code) => [code, coarse] as const)),
    )
    expect(told.size).toBeGreaterThan(10)
    for (const [code, type] of classes) {
      const error = new (type as unknown as new (code: string, message: string) => Error)(code, 'test')
      expect([code, refusalReason(error, 'message')]).toEqual([code, told.get(code) ?? 'authentication'])
    }
  })

  it('lists all coarse codes', () => {
    const line = REFUSAL_REASONS.map((reason) => `\`${reason}\``).join(', ')
    expect(readPage('docs/spec/handshake.md')).toContain(line)
  })

  it('has the values of the vectors', () => {
    const { input, expect: expected } = vectors.cases[0]!
    const { sessionId, ...rest } = expected
    const wanted = new Map([
      ['`ss`', input.sharedSecret],
      ['session id', sessionId],
      ...Object.entries(rest).map(([name, value]) => [`\`${name.replace('h', 'H')}\``, value] as const),
    ])
    const rows = rowsOf('docs/spec/handshake.md').filter(([name = '', value = '']) => {
      return wanted.has(name) && value.length > 20 && !value.includes(' ')
    })
    expect(new Map(rows.map(([name = '', value = '']) => [name, value.replaceAll('`', '')]))).toEqual(wanted)
  })
})

describe('the examples', () => {
  it('of demand.md are demands', () => {
    const demands = examplesOf('demand')
    expect(demands.length).toBeGreaterThan(0)
    for (const demand of demands) expect(() => parseDemand(demand)).not.toThrow()
  })

  it('of credentials.md are credentials that match their schema', () => {
    const [credential] = examplesOf('credentials')
    expect(documentFaults(credential!)).toEqual([])
    const types = AGENT_CREDENTIAL_TYPES.filter((type) => (credential!.type as string[]).includes(type))
    expect(types).toHaveLength(1)
    for (const type of types) expect(schemaFaults(type, credential!)).toEqual([])
  })

  it('of did.md is a DID document with a service', () => {
    const [example] = examplesOf('did')
    const document = parseDidDocument(example, example!.id as string)
    expect(findService(document, 'ComityHandshake').serviceEndpoint).toMatch(/^https:/)
  })

  it('of audit.md has the leaf hash that it says', () => {
    const [record] = examplesOf('audit')
    const [hash] = blocksOf('docs/spec/audit.md').filter(({ language }) => language === 'text')
    expect(auditLeafHash(record as unknown as AuditRecord)).toBe(hash?.text.trim())
  })
})
