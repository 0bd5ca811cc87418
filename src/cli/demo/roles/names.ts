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
  /** Mallory, who has a DID of her own like anybody. */
  readonly mallory: string
}

/** Where the three servers are. */
export interface DemoOrigins {
  readonly acme: string
  readonly globex: string
  readonly mallory: string
}

/** The DIDs that follow from the origins. */
export function demoDids({ acme, globex, mallory }: DemoOrigins): DemoDids {
  return {
    acme: didWebFromUrl(acme),
    invoices: didWebFromUrl(`${acme}/agents/invoices`),
    reports: didWebFromUrl(`${acme}/agents/reports`),
    globex: didWebFromUrl(globex),
    gateway: didWebFromUrl(`${globex}/gateway`),
    mallory: didWebFromUrl(mallory),
  }
}
