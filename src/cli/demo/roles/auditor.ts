import { createDidDocument } from '../../../did/index.ts'
import { createHost } from '../../../gateway/index.ts'
import { zkDocumentKey } from '../../../wallet/index.ts'
import { encodeFieldElement, generateAuditorKey, openEscrow, type BabyJubJubJwk } from '../../../zk/index.ts'
import { serveRole } from '../role-process.ts'
import { listen, type LateServer, type RoleCertificate } from './connectivity.ts'
import { demoDids, type DemoOrigins } from './names.ts'

const FRAGMENT = '#escrow'

/** The key that Globex asks provers to name. */
export interface PublishedAuditorKey {
  /** A DID URL. */
  readonly kid: string
  readonly jwk: BabyJubJubJwk
}

/** An auditor that Acme and Globex have agreed on: it alone can find out which credential a proof was about. */
const methods = {
  async listen(certificate: RoleCertificate): Promise<string> {
    server = await listen(certificate)
    return server.server.origin
  },

  async configure(origins: DemoOrigins): Promise<PublishedAuditorKey> {
    const did = demoDids(origins).auditor
    const keys = [zkDocumentKey(FRAGMENT, key.jwk, 'keyAgreement')]
    const host = createHost({
      origin: origins.auditor,
      didDocuments: [createDidDocument({ did, keys })],
    })
    server?.use(async (request) => (await host.handle(request)) ?? new Response(null, { status: 404 }))
    return Promise.resolve({ kid: `${did}${FRAGMENT}`, jwk: key.jwk })
  },

  /** The digest of the credential that a proof was about. */
  async open({ ciphertext }: { ciphertext: string }): Promise<string> {
    return Promise.resolve(encodeFieldElement(openEscrow(ciphertext, key.privateKey)))
  },
}

/** The methods of this role, for the one who starts it. */
export type AuditorMethods = typeof methods

const key = generateAuditorKey()
let server: LateServer | undefined

serveRole(methods)
