import { verifyX509Svid } from 'comity/spiffe'
import { compare, contender } from '../evidence/credentials.ts'
import { interleave, type Contender, type Effort } from '../support/interleave.ts'
import type { Report } from '../support/result.ts'
import { createChainMaker, type BareSignature, type ChainMaker } from './chains.ts'

const GOAL = 2
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const

/**
 * A chain of a leaf and an intermediate that was seen before, with all checks, against its two bare signatures with
 * imported keys: the same leaf each time, and another one each time.
 */
export async function benchX509Svid(bench: string, report: Report, effort: Effort): Promise<void> {
  const maker = await createChainMaker()
  const chain = await maker.issue()
  const signatures = maker.signaturesOf(chain)
  const bare = contender('Web Crypto', async () => verifyBare(signatures))
  const options = { bundles: maker.bundles, now: Date.now() / 1000 }
  const seen = contender('comity', async () => verifyX509Svid(chain, options))
  for (const [name, ours] of [
    ['leaf seen before', seen],
    ['leaf never seen', neverSeen(maker)],
  ] as const) {
    const measured = await interleave([ours, bare], effort)
    compare(bench, report, `verify X.509-SVID, ${name}`, measured, {
      of: 'comity',
      to: 'Web Crypto',
      goal: GOAL,
    })
  }
}

function neverSeen(maker: ChainMaker): Contender {
  const options = { bundles: maker.bundles, now: Date.now() / 1000 }
  let chains: (readonly Uint8Array[])[] = []
  return {
    name: 'comity',
    async prepare(runs) {
      chains = []
      for (let index = 0; index < runs; index += 1) chains.push(await maker.issue())
    },
    async run() {
      const chain = chains.pop()
      if (chain === undefined) throw new Error('there is no chain left')
      await verifyX509Svid(chain, options)
    },
  }
}

async function verifyBare(signatures: readonly BareSignature[]): Promise<void> {
  for (const { key, signature, signed } of signatures) {
    if (!(await crypto.subtle.verify(SIGNING, key, signature, signed))) throw new Error('it does not verify')
  }
}
