/** Compliance proofs as facts: nothing is judged again that was proven, and nothing counts that was not. */
import { describe, expect, it } from 'vitest'
import {
  evaluateDemand,
  matchesQuery,
  parseDemand,
  queryFaults,
  type CredentialFact,
  type Demand,
  type ZkQuery,
} from '../../src/demand/index.ts'

const did = 'did:key:z6MkTest'
const epoch = 1_764_000_000
const now = epoch + 300
const query = {
  id: 'posture-zk',
  format: 'comity-zk',
  meta: { type_values: [['VerifiableCredential', 'AgentPostureCredential']], anchors: 'urn:sha256:x', epoch },
  predicates: [
    { path: ['credentialSubject', 'openCriticalVulnerabilities'], op: 'range', max: 0 },
    { path: ['credentialSubject', 'region'], op: 'none', value: 'us' },
  ],
}
const proof: CredentialFact = {
  format: 'comity-zk',
  query: 'posture-zk',
  types: ['VerifiableCredential', 'AgentPostureCredential'],
  claims: {},
  proven: true,
}

function demandWith(changes: object = {}, more: object = {}): Demand {
  return parseDemand({ credentials: [{ ...query, ...changes }], ...more })
}

function isMet(demand: Demand, fact: CredentialFact): boolean {
  return evaluateDemand(demand, { did, credentials: [fact] }, { now }).met
}

describe('a compliance proof as a fact', () => {
  it('answers the query that it was made for, whatever its predicates say of claims that are not there', () => {
    expect(isMet(demandWith(), proof)).toBe(true)
  })

  it.each([
    ['nothing was proven', { proven: undefined }],
    ['it was made for another query', { query: 'other' }],
    ['it was made for none', { query: undefined }],
    ['it is about another type', { types: ['VerifiableCredential', 'AgentCapabilityCredential'] }],
    ['it has another format', { format: 'vc+jwt' }],
    ['it has expired', { expiresAt: now }],
  ])('does not answer where %s', (_why, changes) => {
    const fact = JSON.parse(JSON.stringify({ ...proof, ...changes })) as CredentialFact
    expect(isMet(demandWith(), fact)).toBe(false)
    expect(queryFaults(demandWith().credentials![0]!, fact, { now })).not.toEqual([])
  })

  it('does not let claims count to a verifier that were not proven, though they would fit', () => {
    const claims = { credentialSubject: { openCriticalVulnerabilities: 0, region: 'eu' } }
    const { proven: _proven, ...shown } = { ...proof, claims }
    expect(isMet(demandWith(), shown)).toBe(false)
    // Nor where there is nothing to be proven but the type, or where `none` holds for what is absent.
    const { predicates: _predicates, ...bare } = query
    expect(isMet(parseDemand({ credentials: [bare] }), shown)).toBe(false)
    // Its holder may ask whether they could be.
    expect(matchesQuery(demandWith().credentials![0] as ZkQuery, shown, { now })).toBe(true)
    const worse = { ...shown, claims: { credentialSubject: { openCriticalVulnerabilities: 1 } } }
    expect(matchesQuery(demandWith().credentials![0] as ZkQuery, worse, { now })).toBe(false)
  })

  it('never answers a query that asks for claims: a proof discloses none', () => {
    const claims = [{ path: ['credentialSubject', 'region'] }]
    expect(isMet(demandWith({ claims }), proof)).toBe(false)
    expect(queryFaults(demandWith({ claims }).credentials![0]!, proof, { now })).toEqual([{ rule: 'claims' }])
  })

  it('is as fresh as was proven, and no fresher', () => {
    const demand = demandWith({}, { posture: { maxAge: 3600 } })
    expect(isMet(demand, proof)).toBe(false)
    expect(isMet(demand, { ...proof, assessedAt: now - 3600 })).toBe(true)
    expect(isMet(demand, { ...proof, assessedAt: now - 3601 })).toBe(false)
  })
})
