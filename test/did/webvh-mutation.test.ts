import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { didKeyFromJwk } from '../../src/did/index.ts'
import {
  approveWebvhVersion,
  createWebvhCache,
  createWitnessFile,
  updateWebvhDid,
  verifyWebvhLog,
  type VerifiedWebvhLog,
} from '../../src/did/webvh/index.ts'
import { contentOf, parseLine, readEntry, versionIdOf } from '../../src/did/webvh/entry.ts'
import { verifiesProof } from '../../src/did/webvh/proof.ts'
import { encodeUtf8 } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import type { Signer } from '../../src/keys/index.ts'
import { mutateFile, mutateLog, type Recipe } from './webvh-mutants.ts'
import { createDid, documentOf, signers, START } from './webvh-support.ts'

interface Base {
  readonly did: string
  readonly log: string
  readonly witness?: string
}

type Verify = (base: Base) => Promise<unknown>

const [first, second, third] = (await signers(3)) as [Signer, Signer, Signer]
const at = (seconds: number) => ({ signer: first, now: START + seconds })

async function plain(): Promise<Base> {
  const one = await createDid(first, { ttl: 300, watchers: ['https://watcher.example/'] })
  const two = await updateWebvhDid({ log: one.log, ...at(1), document: (did) => documentOf(did, '#key-2') })
  return updateWebvhDid({ log: two.log, ...at(2), document: (did) => documentOf(did, '#key-3') })
}

async function rotating(): Promise<Base> {
  const one = await createDid(first, { nextKeys: [second.publicJwk] })
  const two = await updateWebvhDid({
    log: one.log,
    signer: second,
    now: START + 1,
    nextKeys: [third.publicJwk],
  })
  return updateWebvhDid({ log: two.log, signer: third, now: START + 2, nextKeys: [first.publicJwk] })
}

async function witnessed(): Promise<Base> {
  const witness = {
    threshold: 2,
    witnesses: [second, third].map(({ publicJwk }) => didKeyFromJwk(publicJwk)),
  }
  const one = await createDid(first, { witness })
  const { did, log } = await updateWebvhDid({ log: one.log, ...at(1), ttl: 60 })
  const approvals = await Promise.all(
    [second, third].map((signer) => approveWebvhVersion({ log, signer, now: START + 2 })),
  )
  return { did, log, witness: (await createWitnessFile({ log, approvals, now: START + 2 })).body }
}

async function moved(): Promise<Base> {
  const one = await createDid(first, { portable: true })
  const two = await updateWebvhDid({ log: one.log, ...at(1), location: 'https://globex.example' })
  return updateWebvhDid({ log: two.log, ...at(2), portable: false })
}

const bases = await Promise.all([plain(), rotating(), witnessed(), moved()])

const verify = async ({ did, log, witness }: Base): Promise<VerifiedWebvhLog> =>
  verifyWebvhLog(did, {
    log,
    now: START + 1000,
    ...(witness !== undefined && { witness: async () => witness }),
  })

function read(text: string): unknown {
  try {
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
  } catch {
    return undefined
  }
}

/** Whether a log says what another one said after some of its versions. */
function isPrefix(mutant: string, log: string): boolean {
  const [entries, all] = [read(mutant), read(log)] as [unknown[] | undefined, unknown[]]
  return entries !== undefined && isDeepStrictEqual(entries, all.slice(0, entries.length))
}

const recipe: fc.Arbitrary<Recipe> = fc.record({ way: fc.nat(1000), at: fc.nat(1_000_000), by: fc.nat(1000) })
const choice = fc.tuple(fc.constantFrom(...bases), fc.constantFrom(...bases), recipe)

/** What a verifier makes of a mutant: nothing, or a reason why it is wrong. */
async function faultOf(check: Verify, mutant: Base, isEqual: boolean): Promise<string | undefined> {
  try {
    await check(mutant)
    return isEqual ? undefined : 'accepted'
  } catch (error) {
    if (!(error instanceof ComityError)) return `threw ${String(error)}`
    return undefined
  }
}

async function logFault(
  check: Verify,
  [base, other, how]: [Base, Base, Recipe],
): Promise<string | undefined> {
  const log = mutateLog(base.log, other.log, how)
  return faultOf(check, { ...base, log }, isPrefix(log, base.log))
}

async function fileFault(check: Verify, base: Required<Base>, how: Recipe): Promise<string | undefined> {
  const witness = mutateFile(base.witness, how)
  return faultOf(check, { ...base, witness }, isDeepStrictEqual(read(witness), read(base.witness)))
}

const withWitness = bases.find(({ witness }) => witness !== undefined) as Required<Base>

describe('mutants of valid logs', () => {
  it('the logs themselves verify', async () => {
    for (const base of bases) await expect(verify(base)).resolves.toMatchObject({ did: base.did })
  })

  it('10 000 changed logs: none verifies that is not an older one, none throws anything else', async () => {
    await fc.assert(
      fc.asyncProperty(choice, async (chosen) => {
        expect(await logFault(verify, chosen)).toBeUndefined()
      }),
      { numRuns: 10_000 },
    )
  }, 300_000)

  it('2 000 changed witness files: none counts', async () => {
    await fc.assert(
      fc.asyncProperty(recipe, async (how) => {
        expect(await fileFault(verify, withWitness, how)).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  }, 120_000)

  it('any bytes answer with a code', async () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json().map((text) => `${text}\n`),
      fc.uint8Array(),
    )
    await fc.assert(
      fc.asyncProperty(noise, async (log) => {
        const failure = await verifyWebvhLog(bases[0].did, { log, now: START }).catch(
          (error: unknown) => error,
        )
        expect(failure).toBeInstanceOf(ComityError)
      }),
      { numRuns: 1000 },
    )
  })

  it('each older log is one, and is refused by who has seen the newer one', async () => {
    // Approvals of a version that is not there are no approvals of those before it.
    for (const base of bases.filter(({ witness }) => witness === undefined)) {
      const cache = createWebvhCache()
      cache.keep(await verify(base))
      const lines = base.log.trimEnd().split('\n')
      const older = lines
        .slice(0, -1)
        .map((line) => `${line}\n`)
        .join('')
      const verified = await verify({ ...base, log: older })
      expect(verified.versions).toHaveLength(lines.length - 1)
      expect(() => cache.keep(verified)).toThrow(expect.objectContaining({ code: 'COMITY_DID_LOG_ROLLBACK' }))
    }
  })
})

describe('the mutation test catches verifiers that', () => {
  /** Goes through a log with checks of choice. */
  const broken =
    (checks: { chain: boolean; proof: boolean }): Verify =>
    async ({ log }) => {
      let predecessor: string | undefined
      for (const [index, text] of log.trimEnd().split('\n').entries()) {
        const entry = readEntry(parseLine(encodeUtf8(text)))
        const content = contentOf(entry)
        const scid = String(entry.parameters['scid'])
        const isNext = entry.versionId === versionIdOf(content, index + 1, predecessor ?? scid)
        const signed = await Promise.all(
          entry.proofs.map((proof) => verifiesProof(proof, content.under(entry.versionId))),
        )
        if ((checks.chain && !isNext) || (checks.proof && !signed.every(Boolean))) throw new Refusal()
        predecessor = entry.versionId
      }
    }
  class Refusal extends ComityError {
    override readonly name = 'VerificationError'
    constructor() {
      super('COMITY_DID_LOG_PROOF', 'refused')
    }
  }

  it.each([
    ['do not check signatures', { chain: true, proof: false }],
    ['do not check the chain', { chain: false, proof: true }],
  ])('%s', async (_name, checks) => {
    const result = await fc.check(
      fc.asyncProperty(choice, async (chosen) => {
        expect(await logFault(broken(checks), chosen)).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
    expect(result.failed).toBe(true)
  })
})
