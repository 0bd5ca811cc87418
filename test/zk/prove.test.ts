import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  circuitInput,
  createProver,
  loadArtifacts,
  proveCompliance,
  type CircuitInput,
  type Prover,
  type ProverArtifacts,
} from '../../src/zk/prove.ts'
import {
  compilePredicates,
  complianceDigest,
  domainOf,
  encodeFieldElement,
  openEscrow,
  pseudonymOf,
  verifyComplianceProof,
} from '../../src/zk/index.ts'
import { rejectionOf } from './support/code-of.ts'
import { BUILD, createProveWorld } from './support/prove-world.ts'

const world = await createProveWorld()
const credential = await world.credentialWith()
let artifacts: ProverArtifacts
let prover: Prover

function inputOf(change: Partial<CircuitInput> = {}): CircuitInput {
  const { query } = world.demandWith()
  const { secret, anchors, leaf } = world
  const policy = compilePredicates(query)
  return {
    ...circuitInput({
      credential,
      secret,
      query,
      policy,
      anchors,
      leaf,
      challenge: 5n,
      domain: 0n,
      escrow: undefined,
    }),
    ...change,
  }
}

beforeAll(async () => {
  artifacts = await loadArtifacts(BUILD, { acceptDevelopmentSetup: true })
  prover = createProver({ artifacts, maxQueued: 1 })
})

afterAll(async () => {
  await prover.close()
})

/** A proof takes two seconds on an idle machine, and a minute on one that runs other tests. */
const PROOF_TIMEOUT = 180_000

describe('proveCompliance', () => {
  it(
    'proves, while timers of the asking thread go on, what its verifier accepts',
    async () => {
      const { verifier, anchors, auditor, key, secret, download, resolver } = world
      const meta = { domain: verifier.did, auditor: auditor.kid }
      const { demand, query } = world.demandWith(meta)
      let ticks = 0
      const timer = setInterval(() => ticks++, 10)
      const options = { credential, secret, query, demand, audience: verifier.did, key, download, resolver }
      const value = await proveCompliance({ prover, ...options })
      clearInterval(timer)
      // A proof takes seconds of computing. Were it made here, the timer would not fire at all meanwhile.
      expect(ticks).toBeGreaterThan(20)

      const judged = { query, demand, audience: verifier.did, anchors, auditor: auditor.point }
      const { verificationKey } = prover
      const proof = verifyComplianceProof(value, { ...judged, key, verificationKey })
      expect(proof.pseudonym).toBe(encodeFieldElement(pseudonymOf(secret, domainOf(query, verifier.did))))
      expect(openEscrow(proof.escrow?.ciphertext ?? '', auditor.key.privateKey)).toBe(
        complianceDigest(credential),
      )
      const other = await createProveWorld()
      expect(() => verifyComplianceProof(value, { ...judged, key: other.key, verificationKey })).toThrow(
        expect.objectContaining({ code: 'COMITY_ZK_PROOF_INVALID' }),
      )
    },
    PROOF_TIMEOUT,
  )

  it('asks its prover nothing that would not be honest', async () => {
    const asked: unknown[] = []
    const strict: Prover = {
      ...prover,
      prove: async (input) => {
        asked.push(input)
        return Promise.reject(new Error('it was asked'))
      },
    }
    const { verifier, key, secret, download } = world
    const ask = async (
      of: typeof credential,
      wanted: ReturnType<typeof world.demandWith>,
      audience: string,
    ) =>
      rejectionOf(() =>
        proveCompliance({ prover: strict, credential: of, secret, ...wanted, audience, key, download }),
      )
    const { did } = verifier
    expect(await ask(credential, world.demandWith({ domain: 'did:web:other.example' }), did)).toBe(
      'COMITY_ZK_DOMAIN_FOREIGN',
    )
    expect(await ask(credential, world.demandWith({ epoch: 1_800_000_600 }), did)).toBe(
      'COMITY_ZK_ANCHORS_STALE',
    )
    expect(await ask(credential, world.demandWith(), 'did:web:other.example')).toBe(
      'COMITY_ZK_ANCHORS_FORGED',
    )
    expect(await ask(credential, world.demandWith({ auditor: world.auditor.kid }), did)).toBe(
      'COMITY_ZK_AUDITOR_UNKNOWN',
    )
    expect(await ask(credential, world.demandWith({ type_values: [['OtherCredential']] }), did)).toBe(
      'COMITY_ZK_ANCHORS_TYPE',
    )
    expect(await ask(await world.credentialWith({ region: 'us' }), world.demandWith(), did)).toBe(
      'COMITY_ZK_UNSATISFIED',
    )
    expect(asked).toEqual([])
  })

  it('does not believe a prover of another make', async () => {
    const { verifier, key, secret, download } = world
    const zero = { x: 1n, y: 2n }
    const { b } = { b: { x: { c0: 0n, c1: 0n }, y: { c0: 0n, c1: 0n } } }
    const foreign: Prover = { ...prover, prove: async () => ({ a: zero, b, c: zero }) }
    const code = await rejectionOf(() =>
      proveCompliance({
        prover: foreign,
        credential,
        secret,
        ...world.demandWith(),
        audience: verifier.did,
        key,
        download,
      }),
    )
    expect(code).toBe('COMITY_ZK_POINT_INVALID')
  })
})

describe('createProver', () => {
  it('says of an input that does not hold no more than that', async () => {
    const secret = 123_456_789_123_456_789n
    const error: unknown = await prover.prove(inputOf({ secret })).catch((reason: unknown) => reason)
    expect(error).toHaveProperty('code', 'COMITY_ZK_UNSATISFIED')
    expect(JSON.stringify(error)).not.toContain(String(secret))
    await expect(prover.prove(inputOf({ keys: [1n] }))).rejects.toBeInstanceOf(TypeError)
  })

  it('bounds what waits, and stops what nobody wants any more', async () => {
    const stop = new AbortController()
    const running = prover.prove(inputOf(), { signal: stop.signal })
    const waiting = prover.prove(inputOf(), { signal: stop.signal })
    expect(await rejectionOf(() => prover.prove(inputOf()))).toBe('COMITY_ZK_PROVER_BUSY')
    stop.abort()
    await expect(running).rejects.toHaveProperty('name', 'AbortError')
    await expect(waiting).rejects.toHaveProperty('name', 'AbortError')
    // The thread was replaced: what it says now is an answer.
    expect(await rejectionOf(() => prover.prove(inputOf({ secret: 7n })))).toBe('COMITY_ZK_UNSATISFIED')
  })

  it(
    'lets the process end while it is idle',
    async () => {
      const door = new URL('../../src/zk/prove.ts', import.meta.url).href
      const program = `
        const { createProver, loadArtifacts } = await import(${JSON.stringify(door)})
        const artifacts = await loadArtifacts(${JSON.stringify(BUILD)}, { acceptDevelopmentSetup: true })
        await createProver({ artifacts }).warm()
        console.log('warm')`
      const options = ['--import', 'tsx', '--conditions=comity-source', '--input-type=module', '-e', program]
      const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: PROOF_TIMEOUT / 2 })
      expect(stdout).toBe('warm\n')
    },
    PROOF_TIMEOUT,
  )

  it('refuses options out of range, and artifacts that were not loaded', async () => {
    expect(() => createProver({ artifacts, workers: 0 })).toThrow(TypeError)
    expect(() => createProver({ artifacts, maxQueued: -1 })).toThrow(TypeError)
    expect(() => createProver({ artifacts, threads: 0.5 })).toThrow(TypeError)
    expect(() => createProver({ artifacts: { ...artifacts } })).toThrow(TypeError)
    const closed = createProver({ artifacts })
    await closed.close()
    expect(await rejectionOf(() => closed.prove(inputOf()))).toBe('COMITY_ZK_PROVER_CLOSED')
  })
})
