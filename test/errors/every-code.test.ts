import { describe, expect, it } from 'vitest'
import { ComityError, type ComityErrorCode } from '../../src/errors/index.ts'
import { codeClasses } from './code-classes.ts'
import { agent } from './provoke/agent.ts'
import { audit } from './provoke/audit.ts'
import { authorization } from './provoke/authorization.ts'
import { ceremony } from './provoke/ceremony.ts'
import { credentials } from './provoke/credentials.ts'
import { demand } from './provoke/demand.ts'
import { did } from './provoke/did.ts'
import { encoding } from './provoke/encoding.ts'
import { federation } from './provoke/federation.ts'
import { handshake } from './provoke/handshake.ts'
import { issuer } from './provoke/issuer.ts'
import { keys } from './provoke/keys.ts'
import { net } from './provoke/net.ts'
import { openid4vci } from './provoke/openid4vci.ts'
import { revocation } from './provoke/revocation.ts'
import { session } from './provoke/session.ts'
import { spiffe } from './provoke/spiffe.ts'
import { spiffeFederation } from './provoke/spiffe-federation.ts'
import { spiffeWorkloadApi } from './provoke/spiffe-workload-api.ts'
import { spiffeEvidence } from './provoke/spiffe-evidence.ts'
import { status } from './provoke/status.ts'
import { store } from './provoke/store.ts'
import { trust } from './provoke/trust.ts'
import { wallet } from './provoke/wallet.ts'
import { zkHandshake } from './provoke/zk-handshake.ts'
import { zk } from './provoke/zk.ts'
import { zkAnchors } from './provoke/zk-anchors.ts'
import { zkIssuing } from './provoke/zk-issuing.ts'
import { zkProofs } from './provoke/zk-proofs.ts'
import { zkProve } from './provoke/zk-prove.ts'

const areas = {
  agent,
  audit,
  authorization,
  ceremony,
  credentials,
  demand,
  did,
  encoding,
  federation,
  handshake,
  issuer,
  keys,
  net,
  openid4vci,
  revocation,
  session,
  spiffe,
  spiffeFederation,
  spiffeWorkloadApi,
  spiffeEvidence,
  status,
  store,
  trust,
  wallet,
  zkAnchors,
  zkIssuing,
  zkProofs,
  zkProve,
}

// The compiler asks here for a call that provokes the error whenever a code is added.
const everyCode = {
  ...agent,
  ...audit,
  ...authorization,
  ...ceremony,
  ...credentials,
  ...demand,
  ...did,
  ...encoding,
  ...federation,
  ...handshake,
  ...issuer,
  ...keys,
  ...net,
  ...openid4vci,
  ...revocation,
  ...session,
  ...spiffe,
  ...spiffeFederation,
  ...spiffeWorkloadApi,
  ...spiffeEvidence,
  ...status,
  ...store,
  ...trust,
  ...wallet,
  ...zkHandshake,
  ...zk,
  ...zkAnchors,
  ...zkIssuing,
  ...zkProofs,
  ...zkProve,
} satisfies Record<ComityErrorCode, () => unknown>

const classes = new Map(codeClasses().map(({ code, type }) => [code, type]))
const calls = Object.entries(areas).flatMap(([area, table]) => {
  return Object.entries<() => unknown>(table).map(([code, provoke]) => ({ area, code, provoke }))
})

/** What a call throws or rejects with; undefined when it succeeds. */
async function failureOf(provoke: () => unknown): Promise<unknown> {
  try {
    await provoke()
    return undefined
  } catch (error) {
    return error
  }
}

/** The member of the JSON form that only some errors have. A `cause` or `stack` beside it fails the test. */
function specOf({ spec }: ComityError): { spec?: string } {
  return spec === undefined ? {} : { spec }
}

describe('every error code', () => {
  it('has a call that provokes it', () => {
    expect(Object.keys(everyCode).sort()).toEqual([...classes.keys()].sort())
  })

  it.each(calls)('$code is provoked in $area, and is fit for a log', async ({ code, provoke }) => {
    const error = await failureOf(provoke)
    expect(error).toBeInstanceOf(ComityError)
    expect(error).toHaveProperty('code', code)
    expect(error).toBeInstanceOf(classes.get(code))
    const { message, details, ...others } = JSON.parse(JSON.stringify(error)) as Record<string, unknown>
    expect(others).toEqual({ name: (error as ComityError).name, code, ...specOf(error as ComityError) })
    expect(message).toBe((error as ComityError).message)
    expect(message).not.toMatch(/\.$/)
    for (const value of Object.values(details as object))
      expect(typeof value).toMatch(/string|number|boolean/)
  })
})
