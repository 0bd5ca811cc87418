import type { AuditLog } from '../audit/index.ts'
import { isDidUrlOf, parseDid } from '../did/index.ts'
import type { EventPublisher } from '../revocation/index.ts'
import { systemClock, type Clock } from '../runtime/index.ts'
import type { StatusPublisher } from '../status/index.ts'
import type { Store } from '../store/index.ts'
import type { Wallet } from '../wallet/index.ts'
import type { ZkSigner } from '../zk/index.ts'
import { createComplianceNonces } from './compliance.ts'
import type { IssuerContext } from './context.ts'
import { issue } from './issue.ts'
import { createIssuedRecords } from './issued-records.ts'
import { createIssuedTraces, DEFAULT_TRACE_SECONDS, MAX_TRACE_SECONDS } from './issued-traces.ts'
import type { Issuer } from './issuer.ts'
import { lifetimesFrom, type Lifetimes } from './lifetimes.ts'
import { recover } from './recover.ts'
import { readmit, reinstate, revoke, suspend } from './take-back.ts'
import { find } from './trace.ts'
import { createUnfinished } from './unfinished.ts'

/** What an issuer works with. */
export interface IssuerOptions {
  /** Has a key of the issuer for `assertionMethod`. */
  readonly wallet: Wallet
  /** The organization's DID. */
  readonly did: string
  /** Remembers what was issued, so that it can be revoked after a restart, and by another process. */
  readonly store: Store
  /** The organization's status lists. */
  readonly statusLists: StatusPublisher
  /** Tells peers what is revoked. Without it they learn it from the status lists alone, when they next look. */
  readonly events?: EventPublisher
  /** Records what is issued and revoked. Without one it is not. */
  readonly audit?: AuditLog
  /** Defaults to the system clock. */
  readonly clock?: Clock
  /** Lower limits than {@link MAX_LIFETIMES}, in seconds. */
  readonly maxLifetimes?: Partial<Lifetimes>
  /**
   * Signs the form of credentials that proofs are made of: `wallet.zkSigner(did)`. Its key must be in the DID's document
   * under `assertionMethod`. Without it the issuer makes no such form.
   */
  readonly zkSigner?: ZkSigner
  /**
   * For how long after its end {@link Issuer.find} leads from an opened escrow to a credential, in seconds, 0 to
   * 316224000 (ten years). Defaults to 366 days.
   */
  readonly traceSeconds?: number
}

/**
 * Makes an issuer.
 *
 * @param options - See {@link IssuerOptions}.
 * @throws {VerificationError} `COMITY_DID_INVALID` when `did` is none.
 * @throws {TypeError} A lifetime or `traceSeconds` is out of bounds, or the events or the `zkSigner` are another
 *   organization's.
 */
export function createIssuer(options: IssuerOptions): Issuer {
  const { wallet, did, store, statusLists, events, audit, clock = systemClock, maxLifetimes } = options
  const { zkSigner, traceSeconds = DEFAULT_TRACE_SECONDS } = options
  parseDid(did)
  if (events !== undefined && events.issuer !== did) {
    throw new TypeError('options.events must publish for options.did')
  }
  if (zkSigner !== undefined && !(isDidUrlOf(zkSigner.kid, did) && zkSigner.kid.includes('#'))) {
    throw new TypeError('options.zkSigner.kid must be a DID URL under options.did')
  }
  if (!(traceSeconds >= 0 && traceSeconds <= MAX_TRACE_SECONDS)) {
    throw new TypeError(`options.traceSeconds must be 0 to ${MAX_TRACE_SECONDS}`)
  }
  const context: IssuerContext = {
    wallet,
    did,
    records: createIssuedRecords(store, did),
    unfinished: createUnfinished(store, did),
    statusLists,
    events,
    audit,
    clock,
    maxLifetimes: lifetimesFrom(maxLifetimes),
    zkSigner,
    complianceNonces: createComplianceNonces(store, did, clock),
    traces: createIssuedTraces(store, did, traceSeconds),
  }
  return Object.freeze<Issuer>({
    did,
    issue: async (type, request) => issue(context, type, request),
    revoke: async (target, change) => revoke(context, target, change),
    suspend: async (id, change = { reason: 'suspended' }) => suspend(context, id, change),
    reinstate: async (id, change = { reason: 'reinstated' }) => reinstate(context, id, change),
    readmit: async (agent, change = { reason: 'readmitted' }) => readmit(context, agent, change),
    recover: async () => recover(context),
    complianceNonce: async () => context.complianceNonces.give(),
    find: async (target, change = { reason: 'escrow-opened' }) => find(context, target, change),
  })
}
