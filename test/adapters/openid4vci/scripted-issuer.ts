import { receiveCredentials } from '../../../src/adapters/openid4vci/index.ts'
import { serveHttps } from '../../../src/adapters/node/index.ts'
import { createDidResolver, didKeyFromJwk } from '../../../src/did/index.ts'
import { generateSigner, type Signer } from '../../../src/keys/index.ts'
import { createGuardedFetch, insecureAllowLoopback } from '../../../src/net/index.ts'
import { createMemoryWallet, type Wallet } from '../../../src/wallet/index.ts'
import { createCertificateAuthority } from '../../support/certificate-authority.ts'

/** The one grant. */
export const GRANT = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'

/** What an issuer answers, by the last part of the path; what is not there is answered as it should be. */
export type Answers = Readonly<Record<string, () => Response | Promise<Response>>>

/** A key, and the `did:key` that it stands for. */
export interface Issuing {
  readonly did: string
  readonly signer: Signer
}

/** An issuer at the root of a server that does all as it should, but for what a test scripts. */
export interface ScriptedIssuer {
  readonly origin: string
  readonly issuer: Issuing
  /** What it answers from now on. */
  script(answers: Answers): void
  /** An offer by it, of the configuration `one` where nothing else is said. */
  offer(changes?: object): string
  /** Takes an offer up, into a wallet that nobody looks at where none is given. */
  receive(offer: string, wallet?: Wallet): Promise<unknown>
  close(): Promise<void>
}

/** A JSON answer. */
export const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })

/** Makes a `did:key` with a signer. */
export async function createIssuing(): Promise<Issuing> {
  const key = await generateSigner({ alg: 'Ed25519' })
  const did = didKeyFromJwk(key.publicJwk)
  return { did, signer: { ...key, kid: `${did}#${did.slice('did:key:'.length)}` } }
}

/** @param configurations What is in its metadata beside `one`, a `vc+jwt` of any type. */
export async function createScriptedIssuer(configurations: object = {}): Promise<ScriptedIssuer> {
  const authority = await createCertificateAuthority()
  let answers: Answers = {}
  const server = await serveHttps({
    ...(await authority.issue()),
    port: 0,
    handler: async (request) => {
      const name = new URL(request.url).pathname.split('/').at(-1) ?? ''
      const known = honest(server.origin, configurations)
      const answer = answers[name] ?? (name in known ? () => json(known[name]) : undefined)
      return answer === undefined ? new Response(null, { status: 404 }) : answer()
    },
  })
  const { origin } = server
  const fetch = createGuardedFetch({ [insecureAllowLoopback]: [origin], ca: authority.ca })
  return {
    origin,
    issuer: await createIssuing(),
    script: (next) => {
      answers = next
    },
    offer: (changes = {}) => {
      const inner = {
        credential_issuer: origin,
        credential_configuration_ids: ['one'],
        grants: { [GRANT]: { 'pre-authorized_code': 'code' } },
        ...changes,
      }
      return `openid-credential-offer://?credential_offer=${encodeURIComponent(JSON.stringify(inner))}`
    },
    receive: async (offer, given) => {
      const wallet = given ?? createMemoryWallet()
      const did = (await wallet.dids())[0] ?? (await wallet.createDidKey({ alg: 'Ed25519' })).did
      const resolver = createDidResolver({ fetch })
      return receiveCredentials({ offer, wallet, did, release: 'never', fetch, resolver })
    },
    close: async () => {
      fetch.close()
      await server.close()
    },
  }
}

function honest(origin: string, configurations: object): Record<string, unknown> {
  return {
    'openid-credential-issuer': {
      credential_issuer: origin,
      credential_endpoint: `${origin}/credential`,
      nonce_endpoint: `${origin}/nonce`,
      credential_configurations_supported: {
        one: {
          format: 'vc+jwt',
          credential_metadata: {},
          proof_types_supported: { jwt: { proof_signing_alg_values_supported: ['Ed25519'] } },
        },
        ...configurations,
      },
    },
    'oauth-authorization-server': { issuer: origin, token_endpoint: `${origin}/token` },
    token: { access_token: 'a'.repeat(43), token_type: 'DPoP' },
    nonce: { c_nonce: 'nonce' },
  }
}
