import { beforeEach, describe, expect, it } from 'vitest'
import { COMPLIANCE_NONCE_SECONDS, type IssuedCredential, type Issuer } from '../../src/issuer/index.ts'
import { generateSigner, parseJws } from '../../src/keys/index.ts'
import { decodeTokenStatusList } from '../../src/status/index.ts'
import { createMemoryWallet, type Wallet } from '../../src/wallet/index.ts'
import { babyJubJubJwk, encodeFieldElement, parseComplianceCredential } from '../../src/zk/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import {
  createComplianceWorld,
  resolver,
  zkSigner,
  type ComplianceWorld,
  type Request,
} from './compliance-world.ts'
import { AGENT, CLAIMS, NOW, ORGANIZATION, OTHER_AGENT } from './world.ts'

const why = { reason: 'compromised' }
const holderKey = await generateSigner({ alg: 'Ed25519', kid: `${AGENT}#key-1` })

let world: ComplianceWorld
let issuer: Issuer
let issuePosture: ComplianceWorld['issuePosture']
let wallet: Wallet
let request: () => Promise<Request>

beforeEach(async () => {
  world = await createComplianceWorld()
  ;({ issuer, issuePosture, request, holder: wallet } = world)
})

const SD_JWT = { format: 'dc+sd-jwt', holderKey: holderKey.publicJwk }

/** The status at the place of the form for proofs, in the list that is served now. */
async function statusOf({ compliance = '' }: IssuedCredential): Promise<number> {
  const { status } = parseComplianceCredential(compliance)
  const { claims } = parseJws((await world.statusLists.credential(status.uri)) ?? '')
  return (await decodeTokenStatusList(claims['status_list'])).get(status.idx)
}

describe('the form of a credential that proofs are made of', () => {
  it.each([
    ['vc+jwt', {}, 3],
    ['dc+sd-jwt', SD_JWT, 1],
  ])('is beside the %s: same claims, type, times; for the holder alone', async (_format, form, places) => {
    const issued = await issuePosture(form)
    const held = await wallet.addComplianceCredential(issued.compliance ?? '', { release: 'never', resolver })
    expect(held).toMatchObject({
      type: 'AgentPostureCredential',
      issuer: ORGANIZATION,
      validUntil: issued.validUntil,
      digest: issued.complianceDigest,
      document: { credentialSubject: CLAIMS.AgentPostureCredential },
    })
    expect(held.credential.iat).toBe(NOW)
    expect(issued.compliance).not.toContain(AGENT)
    expect(issued.statusEntries).toHaveLength(places)
    const { uri, idx } = held.credential.status
    expect(issued.statusEntries.at(-1)).toEqual({ type: 'TokenStatusList', uri, idx })
    const stranger = createMemoryWallet({ clock: { now: () => NOW } })
    const add = async (): Promise<unknown> =>
      stranger.addComplianceCredential(issued.compliance ?? '', { release: 'never', resolver })
    expect(await codeOfPromise(add)).toBe('COMITY_CREDENTIAL_HOLDER')
  })

  it('is not there where nobody asked for it', async () => {
    const issued = await issuePosture({ compliance: undefined })
    expect(issued).not.toHaveProperty('compliance')
    expect(issued).not.toHaveProperty('complianceDigest')
    expect(issued.statusEntries).toHaveLength(2)
  })

  it.each([
    ['vc+jwt', {}],
    ['dc+sd-jwt', SD_JWT],
  ])('is suspended, reinstated and revoked with the %s, also after a restart', async (_format, form) => {
    const [issued, other] = [await issuePosture(form), await issuePosture(form)]
    expect(await statusOf(issued)).toBe(0)
    await issuer.suspend(issued.id)
    expect(await statusOf(issued)).toBe(2)
    await world.restart().reinstate(issued.id)
    expect(await statusOf(issued)).toBe(0)
    await world.restart().revoke({ credential: issued.id }, why)
    expect(await statusOf(issued)).toBe(1)
    await issuer.reinstate(issued.id)
    expect(await statusOf(issued)).toBe(1)
    expect(await statusOf(other)).toBe(0)
    // Events name the credential, never the form that proofs hide.
    expect((await world.told()).map(({ digest }) => digest)).toEqual([issued.digest, issued.digest])
    expect(issued.digest).not.toBe(issued.complianceDigest)
  })

  it('goes with its agent, which is issued no other', async () => {
    const issued = await issuePosture()
    await issuer.revoke({ agent: AGENT }, why)
    expect(await statusOf(issued)).toBe(1)
    const compliance = await request()
    expect(await codeOfPromise(() => issuePosture({ compliance }))).toBe('COMITY_ISSUER_AGENT_REVOKED')
    await issuer.readmit(AGENT)
    // The nonce was not looked at.
    await expect(issuePosture({ compliance })).resolves.toBeDefined()
  })

  it('has other places in the lists each time', async () => {
    const issued = await Promise.all(Array.from({ length: 8 }, async () => issuePosture()))
    const places = issued.map(({ compliance = '' }) => parseComplianceCredential(compliance).status.idx)
    expect(new Set(places).size).toBe(8)
  })

  it.each<[string, string, object]>([
    [
      'a negative number',
      'COMITY_ZK_CLAIM_UNENCODABLE',
      { claims: { ...CLAIMS.AgentPostureCredential, extra: -1 } },
    ],
    [
      'too many claims',
      'COMITY_ZK_CLAIMS_TOO_MANY',
      {
        claims: {
          ...CLAIMS.AgentPostureCredential,
          extra: Array.from({ length: 33 }, (_, n) => `extra-${n}`),
        },
      },
    ],
  ])('is refused for %s, and nothing is on record then', async (_name, code, change) => {
    expect(await codeOfPromise(() => issuePosture(change))).toBe(code)
    expect(await issuer.revoke({ agent: AGENT }, why)).toEqual([])
  })
})

describe('the nonce', () => {
  const code = async (compliance: object, at = issuer): Promise<unknown> =>
    codeOfPromise(() => issuePosture({ compliance }, at))

  it('is good once, in any process', async () => {
    const compliance = await request()
    await expect(issuePosture({ compliance }, world.restart({ zkSigner }))).resolves.toBeDefined()
    expect(await code(compliance)).toBe('COMITY_ZK_HOLDER_NONCE')
  })

  it('is good for one of many at once', async () => {
    const compliance = await request()
    const outcomes = await Promise.all(Array.from({ length: 5 }, async () => code(compliance)))
    expect(outcomes.filter((each) => each === undefined)).toHaveLength(1)
    expect(outcomes.filter((each) => each === 'COMITY_ZK_HOLDER_NONCE')).toHaveLength(4)
  })

  it('is good for so long', async () => {
    const [early, late] = [await request(), await request()]
    world.pass(COMPLIANCE_NONCE_SECONDS - 1)
    expect(await code(early)).toBeUndefined()
    world.pass(1)
    expect(await code(late)).toBe('COMITY_ZK_HOLDER_NONCE')
  })

  it('is the issuer’s own', async () => {
    const { commitment, nonce } = await request()
    for (const other of ['', 'x', `${nonce}/`, `${nonce}x`, 'a'.repeat(2000), 'ü', '../record'])
      expect(await code({ commitment, nonce: other })).toBe('COMITY_ZK_HOLDER_NONCE')
    const { signer } = world
    const another = world.restart({
      did: OTHER_AGENT,
      zkSigner: { ...zkSigner, kid: `${OTHER_AGENT}#zk-1` },
      events: undefined as never,
    })
    expect(signer.kid.startsWith(ORGANIZATION)).toBe(true)
    const foreign = await another.complianceNonce()
    const made = await wallet.commitCompliance({ issuer: ORGANIZATION, nonce: foreign })
    expect(await code({ commitment: made, nonce: foreign })).toBe('COMITY_ZK_HOLDER_NONCE')
  })

  it('is used up by a proof that does not hold', async () => {
    const first = await request()
    const nonce = await issuer.complianceNonce()
    // Overheard, and sent again under another nonce.
    expect(await code({ ...first, nonce })).toBe('COMITY_ZK_HOLDER_PROOF_INVALID')
    const commitment = await wallet.commitCompliance({ issuer: ORGANIZATION, nonce })
    expect(await code({ commitment, nonce })).toBe('COMITY_ZK_HOLDER_NONCE')
  })

  it.each<[string, (made: Request['commitment']) => object]>([
    ['nothing', () => ({})],
    ['another key', ({ proof }) => ({ key: babyJubJubJwk(zkSigner.publicKey), proof })],
    ['no key', ({ proof }) => ({ proof })],
    ['no proof', ({ key }) => ({ key })],
    [
      'a neutral key',
      ({ proof }) => ({ proof, key: { x: encodeFieldElement(0n), y: encodeFieldElement(1n) } }),
    ],
  ])('is used up by a commitment with %s', async (_name, change) => {
    const { commitment, nonce } = await request()
    expect(await code({ commitment: change(commitment), nonce })).toBe('COMITY_ZK_HOLDER_PROOF_INVALID')
    expect(await code({ commitment, nonce })).toBe('COMITY_ZK_HOLDER_NONCE')
  })

  it('is not good for a commitment to another issuer', async () => {
    const nonce = await issuer.complianceNonce()
    const commitment = await wallet.commitCompliance({ issuer: 'did:web:globex.example', nonce })
    expect(await code({ commitment, nonce })).toBe('COMITY_ZK_HOLDER_PROOF_INVALID')
  })
})
