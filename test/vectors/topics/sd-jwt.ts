import { parseDateTimeStamp, parseDisclosure, verifySdJwt } from '../../../src/credentials/index.ts'
import { parsePublicJwk } from '../../../src/keys/index.ts'
import { difference, judgeCall, type Driver, type VectorCase, type Verdict } from '../verdict.ts'
import { byShape } from './by-shape.ts'

/** SD-JWTs of any profile, and their disclosures. */
export const sdJwt: Driver = byShape({
  verify: { has: ['sdJwt', 'issuerJwk'], judge: judgeToken },
  disclosures: { has: ['disclosure'], judge: judgeDisclosure },
})

async function judgeDisclosure(entry: VectorCase): Promise<Verdict> {
  return judgeCall(
    entry,
    () => parseDisclosure(String(entry['disclosure'])),
    ({ digest, salt, name, value }) =>
      difference('the digest', digest, entry.expected['digest']) ??
      difference(
        'what it says',
        name === undefined ? [salt, value] : [salt, name, value],
        entry.expected['contents'],
      ),
  )
}

/** The clock of the cases stands still, and a key binding may be of any age. */
async function judgeToken(entry: VectorCase): Promise<Verdict> {
  const { nonce = '', aud: audience = '' } = (entry['keyBinding'] ?? {}) as { nonce?: string; aud?: string }
  const keyBinding = { nonce, audience, maxAge: Number.MAX_SAFE_INTEGER }
  return judgeCall(
    entry,
    () =>
      verifySdJwt(String(entry['sdJwt']), {
        issuerJwk: parsePublicJwk(entry['issuerJwk']),
        now: parseDateTimeStamp(String(entry['now'])) ?? NaN,
        ...(entry['requireKeyBinding'] === true && { keyBinding }),
      }),
    ({ payload }) => difference('the claims', payload, entry.expected['processedPayload'] ?? payload),
  )
}
