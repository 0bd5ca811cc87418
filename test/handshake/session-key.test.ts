import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { proveSessionKey } from '../../src/handshake/session-key.ts'
import { generatePrivateJwk, generateSigner, signJws, type Signer } from '../../src/keys/index.ts'
import { answerTo, startedRun } from '../support/handshakes.ts'
import { createWorld, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let invoices: AcmeAgent

beforeAll(async () => {
  world = await createWorld()
  invoices = await world.acme.createAgent('invoices')
})
afterAll(async () => world.close())

const REJECTED = { msg: 'reject', reason: 'authentication' }
const now = (): number => Math.floor(Date.now() / 1000)

async function expectRefused(claims: (hash: Uint8Array) => Promise<Record<string, unknown>>): Promise<void> {
  const run = await startedRun(world, invoices)
  const members = await claims(run.run().hash)
  const answer = await answerTo(world, run, { claims: (honest) => ({ ...honest, ...members }) as never })
  expect(answer).toMatchObject(REJECTED)
  expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_SESSION_KEY')
}

const proofOf = (signer: Signer, hash: Uint8Array, change: { initiator?: string; responder?: string } = {}) =>
  proveSessionKey(signer, {
    hash,
    initiator: invoices.did,
    responder: world.globex.did,
    now: now(),
    ...change,
  })

describe('the session key', () => {
  it("that is someone else's is refused: nobody proves a key that they do not hold", async () => {
    const theirs = await generateSigner({ alg: 'Ed25519' })
    const mine = await generateSigner({ alg: 'Ed25519' })
    await expectRefused(async (hash) => ({
      cnf: { jwk: theirs.publicJwk },
      cnf_proof: await proofOf(mine, hash),
    }))
  })

  it('with a proof from another run is refused', async () => {
    const other = await startedRun(world, invoices)
    const key = await generateSigner({ alg: 'Ed25519' })
    const proof = await proofOf(key, other.run().hash)
    await expectRefused(() => Promise.resolve({ cnf: { jwk: key.publicJwk }, cnf_proof: proof }))
  })

  it('with a proof for another holder or another addressee is refused', async () => {
    const key = await generateSigner({ alg: 'Ed25519' })
    await expectRefused(async (hash) => ({
      cnf: { jwk: key.publicJwk },
      cnf_proof: await proofOf(key, hash, { initiator: 'did:web:mallory.example' }),
    }))
    await expectRefused(async (hash) => ({
      cnf: { jwk: key.publicJwk },
      cnf_proof: await proofOf(key, hash, { responder: 'did:web:mallory.example' }),
    }))
  })

  it('with an old proof is refused', async () => {
    const key = await generateSigner({ alg: 'Ed25519' })
    await expectRefused(async (hash) => ({
      cnf: { jwk: key.publicJwk },
      cnf_proof: await proveSessionKey(key, {
        hash,
        initiator: invoices.did,
        responder: world.globex.did,
        now: now() - 600,
      }),
    }))
  })

  it('with a proof of another `typ` is refused', async () => {
    const key = await generateSigner({ alg: 'Ed25519' })
    await expectRefused(async (hash) => ({
      cnf: { jwk: key.publicJwk },
      cnf_proof: await signJws({
        header: { typ: 'dpop+jwt' },
        payload: {
          th: Buffer.from(hash).toString('base64url'),
          sub: invoices.did,
          aud: world.globex.did,
          iat: now(),
        },
        signer: key,
      }),
    }))
  })

  it('with its private part is refused', async () => {
    const { importSigner } = await import('../../src/keys/index.ts')
    const jwk = await generatePrivateJwk('Ed25519')
    const key = await importSigner(jwk)
    await expectRefused(async (hash) => ({ cnf: { jwk }, cnf_proof: await proofOf(key, hash) }))
  })

  it.each([['cnf'], ['cnf_proof']])('missing (`%s`) is malformed', async (name) => {
    const run = await startedRun(world, invoices)
    const answer = await answerTo(world, run, {
      claims: (honest) => Object.fromEntries(Object.entries(honest).filter(([member]) => member !== name)),
    })
    expect(answer).toMatchObject({ msg: 'reject', reason: 'malformed' })
  })

  it('is what the session is bound to, and what the accept names', async () => {
    const run = await startedRun(world, invoices)
    expect(await answerTo(world, run)).toMatchObject({ session: { cnf: { jkt: run.sessionKey.kid } } })
  })
})
