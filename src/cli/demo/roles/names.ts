import { didWebFromUrl } from '../../../did/index.ts'

/** The DIDs of the demo, all of them did:web on loopback origins that were free. */
export interface DemoDids {
  /** Acme, the organization. */
  readonly acme: string
  /** Acme's invoice agent. */
  readonly invoices: string
  /** Another agent of Acme's, whose posture nobody has assessed for days. */
  readonly reports: string
  /** Globex, the organization. */
  readonly globex: string
  /** Globex's gateway. */
  readonly gateway: string
  /** Another gateway of Globex's, for agents that prove what they are and show nothing. */
  readonly proofs: string
  /** The auditor, who can find out whom a proof was about. */
  readonly auditor: string
  /** Mallory, who has a DID of her own like anybody. */
  readonly mallory: string
}

/** Where the servers are. */
export interface DemoOrigins {
  readonly acme: string
  readonly globex: string
  /** Of Globex's gateway for proofs. */
  readonly proofs: string
  readonly auditor: string
  readonly mallory: string
}

/** The DIDs that follow from the origins. */
export function demoDids({ acme, globex, proofs, auditor, mallory }: DemoOrigins): DemoDids {
  return {
    acme: didWebFromUrl(acme),
    invoices: didWebFromUrl(`${acme}/agents/invoices`),
    reports: didWebFromUrl(`${acme}/agents/reports`),
    globex: didWebFromUrl(globex),
    gateway: didWebFromUrl(`${globex}/gateway`),
    proofs: didWebFromUrl(`${proofs}/gateway`),
    auditor: didWebFromUrl(auditor),
    mallory: didWebFromUrl(mallory),
  }
}
