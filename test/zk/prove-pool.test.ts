import { describe, expect, it } from 'vitest'
import { parseDemand, type Demand } from '../../src/demand/index.ts'
import { NetworkError } from '../../src/errors/index.ts'
import type { Signer } from '../../src/keys/index.ts'
import { createPoolOver, type AnswerFunction, type PoolBounds } from '../../src/zk/prove/proof-pool.ts'
import { rejectionOf } from './support/code-of.ts'

const AUDIENCE = 'did:web:globex.example'

function demandOf(epoch: number): Demand {
  return parseDemand({
    credentials: [
      {
        id: 'q',
        format: 'comity-zk',
        meta: { type_values: [['T']], anchors: `urn:sha256:${'A'.repeat(43)}`, epoch },
        predicates: [{ path: ['credentialSubject', 'region'], op: 'eq', value: 'eu' }],
      },
    ],
  })
}

/** Proofs that say for which key and epoch they are. */
function createPool(bounds: PoolBounds = {}, fail: () => Error | undefined = () => undefined) {
  const made: { kid: string | undefined; audience: string; demand: Demand }[] = []
  const answer: AnswerFunction = async ({ signer, audience, demand, signal }) => {
    made.push({ kid: signer.kid, audience, demand })
    await new Promise((resolve) => setImmediate(resolve))
    signal?.throwIfAborted()
    const error = fail()
    if (error !== undefined) throw error
    return [{ query: 'q', format: 'comity-zk', value: signer.kid }]
  }
  return { pool: createPoolOver(answer, bounds), made }
}

const idle = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30))

describe('the pool of proofs', () => {
  it('gives each answer once, under a DID of its own', async () => {
    const { pool, made } = createPool()
    const question = { audience: AUDIENCE, demand: demandOf(600) }
    await pool.prepare(question)
    expect(made).toHaveLength(2)
    const taken = await Promise.all(Array.from({ length: 12 }, async () => await pool.take(question)))
    expect(new Set(taken.map((answer) => answer?.did)).size).toBe(12)
    for (const answer of taken) {
      expect(answer?.did).toMatch(/^did:key:/)
      expect(answer?.signer.kid.startsWith(answer.did)).toBe(true)
      expect(answer?.evidence.map(({ value }) => value)).toEqual([answer?.signer.kid])
    }
    await pool.close()
  })

  it('takes what was made ahead, and makes as much again in the background', async () => {
    const { pool, made } = createPool({ size: 3 })
    const question = { audience: AUDIENCE, demand: demandOf(600) }
    await pool.prepare(question)
    const ready = made.map(({ kid }) => kid)
    expect(ready).toHaveLength(3)
    expect(ready).toContain((await pool.take(question))?.signer.kid)
    await idle()
    expect(made).toHaveLength(4)
    await pool.close()
  })

  it('answers another demand, epoch or verifier with nothing that was made for the first', async () => {
    const { pool, made } = createPool({ size: 1 })
    await pool.prepare({ audience: AUDIENCE, demand: demandOf(600) })
    const first = made[0]?.kid
    const newer = await pool.take({ audience: AUDIENCE, demand: demandOf(1200) })
    expect(newer?.signer.kid).not.toBe(first)
    // The epoch before is over: its answer was dropped.
    expect((await pool.take({ audience: AUDIENCE, demand: demandOf(600) }))?.signer.kid).not.toBe(first)
    const other = await pool.take({ audience: 'did:web:initech.example', demand: demandOf(1200) })
    expect(made.find(({ kid }) => kid === other?.signer.kid)?.audience).toBe('did:web:initech.example')
    await pool.close()
  })

  it('is bounded: the demand that was used longest ago goes first', async () => {
    const { pool, made } = createPool({ size: 1, maxDemands: 2 })
    const ask = (host: string) => ({ audience: `did:web:${host}`, demand: demandOf(600) })
    for (const host of ['a.example', 'b.example', 'c.example']) await pool.prepare(ask(host))
    const forgotten = made[0]?.kid
    expect((await pool.take(ask('c.example')))?.signer.kid).toBe(made[2]?.kid)
    expect((await pool.take(ask('a.example')))?.signer.kid).not.toBe(forgotten)
    await pool.close()
  })

  it('gives nothing where nothing is asked for or can be proven', async () => {
    const { pool, made } = createPool()
    expect(await pool.take({ audience: AUDIENCE, demand: parseDemand({ anyone: true }) })).toBeUndefined()
    expect(made).toEqual([])
    const none = createPoolOver(async () => [], {})
    expect(await none.take({ audience: AUDIENCE, demand: demandOf(600) })).toBeUndefined()
  })

  it('tells an error to who takes, and does not keep it', async () => {
    let error: Error | undefined = new NetworkError('COMITY_ZK_PROVER_CRASHED', 'crashed')
    const heard: unknown[] = []
    const { pool } = createPool({ size: 1, onError: (reason) => heard.push(reason) }, () => error)
    const question = { audience: AUDIENCE, demand: demandOf(600) }
    expect(await rejectionOf(async () => await pool.take(question))).toBe('COMITY_ZK_PROVER_CRASHED')
    expect(await rejectionOf(async () => await pool.prepare(question))).toBe('COMITY_ZK_PROVER_CRASHED')
    await idle()
    expect(heard).toHaveLength(1)
    error = undefined
    expect(await pool.take(question)).toBeDefined()
    await pool.close()
  })

  it('stops waiting when it is told to, and leaves to others what was begun for all', async () => {
    const { pool, made } = createPool({ size: 1 })
    const question = { audience: AUDIENCE, demand: demandOf(600) }
    const preparing = pool.prepare(question)
    await expect(pool.take({ ...question, signal: AbortSignal.abort() })).rejects.toHaveProperty(
      'name',
      'AbortError',
    )
    await preparing
    expect((await pool.take(question))?.signer.kid).toBe(made[0]?.kid)
    await pool.close()
  })

  it('is over when it is closed', async () => {
    const { pool } = createPool()
    const question = { audience: AUDIENCE, demand: demandOf(600) }
    const due = rejectionOf(async () => await pool.take(question))
    await pool.close()
    expect(await due).toBe('COMITY_ZK_PROVER_CLOSED')
    expect(await rejectionOf(async () => await pool.take(question))).toBe('COMITY_ZK_PROVER_CLOSED')
    const signer = {} as Signer
    expect(await rejectionOf(async () => await pool.answer({ ...question, signer }))).toBe(
      'COMITY_ZK_PROVER_CLOSED',
    )
    expect(() => createPoolOver(async () => [], { size: -1 })).toThrow(TypeError)
    expect(() => createPoolOver(async () => [], { maxDemands: 0 })).toThrow(TypeError)
  })
})
