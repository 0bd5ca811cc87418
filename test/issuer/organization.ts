import { createAuditLog, type AuditLog } from '../../src/audit/index.ts'
import { createIssuer, type Issuer } from '../../src/issuer/index.ts'
import type { Signer } from '../../src/keys/index.ts'
import { createEventPublisher, type EventPublisher } from '../../src/revocation/index.ts'
import { createStatusPublisher, type StatusPublisher } from '../../src/status/index.ts'
import type { Store } from '../../src/store/index.ts'
import { createMemoryWallet } from '../../src/wallet/index.ts'
import { ORGANIZATION } from './world.ts'

/** An organization on a store: all that a process of it has. */
export interface Organization {
  readonly issuer: Issuer
  readonly statusLists: StatusPublisher
  readonly events: EventPublisher
  readonly audit: AuditLog
}

/** Makes what a process makes when it starts. */
export async function createOrganization(
  store: Store,
  signer: Signer,
  clock?: { now(): number },
): Promise<Organization> {
  const wallet = createMemoryWallet()
  await wallet.addKey(ORGANIZATION, signer)
  const common = { store, signer, issuer: ORGANIZATION, ...(clock === undefined ? {} : { clock }) }
  const statusLists = createStatusPublisher({ ...common, url: 'https://acme.example/status' })
  const events = createEventPublisher(common)
  const audit = createAuditLog({ store, log: 'audit' })
  const issuer = createIssuer({ ...common, wallet, did: ORGANIZATION, statusLists, events, audit })
  return { issuer, statusLists, events, audit }
}
