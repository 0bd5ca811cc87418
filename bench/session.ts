import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EmbeddedJWK, importJWK, jwtVerify, type CryptoKey } from 'jose'
import { createSqliteStore } from 'comity/adapters/sqlite'
import type { PublicJwk } from 'comity/keys'
import { createSessionRegistry } from 'comity/session'
import type { Store } from 'comity/store'
import { interleave, ratio, type Contender, type Effort } from './support/interleave.ts'
import { measureHeap, measureResidue, type MemoryEffort } from './support/memory.ts'
import {
  AUDIENCE,
  createDecider,
  createRegistry,
  ISSUER,
  openSession,
  type OpenSession,
} from './support/requests.ts'
import { figure, type Report } from './support/result.ts'
import { median, percentile } from './support/statistics.ts'

/** How much the benchmark measures by default. */
export const SESSION_EFFORT: Effort & MemoryEffort = {
  rounds: 15,
  runs: 400,
  warmUp: 5,
  sessions: 100_000,
  handshakes: 10_000,
}

const BENCH = 'session'
const DECISION = 'decision'
const GOAL = 1.5

/**
 * The decision for one request with DPoP, against `jose.jwtVerify` of the access token and of the proof and nothing
 * else; and what sessions and handshakes leave in memory.
 */
export async function benchSession(
  report: Report,
  effort: Effort & MemoryEffort = SESSION_EFFORT,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'comity-bench-'))
  const sqlite = createSqliteStore({ file: join(folder, 'store.db') })
  try {
    await benchDecision(report, sqlite, effort)
  } finally {
    await sqlite.close()
    await rm(folder, { recursive: true })
  }
  for (const result of await measureResidue(BENCH, effort)) report(result)
  for (const result of await measureHeap(BENCH, effort)) report(result)
}

async function benchDecision(report: Report, sqlite: Store, effort: Effort): Promise<void> {
  const memory = createRegistry(1_000_000)
  const session = await openSession(memory.registry)
  const durable = createSessionRegistry({ store: sqlite })
  const measured = await interleave(
    [
      proving('memory', session, createDecider(memory.store, memory.registry, session)),
      await deciding('SQLite', sqlite, durable),
      proving('jose', session, await joseDecider(session, true)),
      proving('jose with an imported key', session, await joseDecider(session, false)),
    ],
    effort,
  )
  const [ours, bare] = [measured.get('memory'), measured.get('jose')]
  if (ours === undefined || bare === undefined) throw new Error('a contender is missing')
  report(figure(BENCH, DECISION, 'memory cpu / jose cpu', ratio(ours, bare), '1', GOAL))
  for (const [name, each] of measured) {
    if (name !== 'memory' && name !== 'jose') {
      report(figure(BENCH, DECISION, `${name} cpu / jose cpu`, ratio(each, bare), '1'))
    }
    report(figure(BENCH, DECISION, `${name} cpu`, median(each.cpu), 'µs'))
    report(figure(BENCH, DECISION, `${name} p50`, percentile(each.latency, 50), 'ms'))
    report(figure(BENCH, DECISION, `${name} p99`, percentile(each.latency, 99), 'ms'))
  }
}

async function deciding(
  name: string,
  store: Store,
  registry: ReturnType<typeof createSessionRegistry>,
): Promise<Contender> {
  const session = await openSession(registry)
  return proving(name, session, createDecider(store, registry, session))
}

/** Makes the proofs before they are needed: the client's work is not the gateway's. */
function proving(name: string, session: OpenSession, decide: (proof: string) => Promise<void>): Contender {
  let proofs: string[] = []
  return {
    name,
    async prepare(runs) {
      proofs = await Promise.all(Array.from({ length: runs }, () => session.prove()))
    },
    run: () => decide(proofs.pop() ?? ''),
  }
}

/**
 * Two calls of `jwtVerify`. A proof brings its key along, so that is what a verifier has to start from (`embedded`);
 * for information, the same with the key imported once.
 */
async function joseDecider(
  { accessToken, tokenKey, signer }: OpenSession,
  embedded: boolean,
): Promise<(proof: string) => Promise<void>> {
  const [key, sessionKey] = [await importKey(tokenKey), await importKey(signer.publicJwk)]
  return async (proof) => {
    await jwtVerify(accessToken, key, { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt' })
    if (embedded) await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt' })
    else await jwtVerify(proof, sessionKey, { typ: 'dpop+jwt' })
  }
}

async function importKey({ kty, crv, x }: PublicJwk): Promise<CryptoKey> {
  const key = await importJWK({ kty, crv, x }, 'Ed25519')
  if (key instanceof Uint8Array) throw new TypeError('a public key is no secret')
  return key
}
