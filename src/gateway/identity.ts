import type { Agent } from '../agent/index.ts'
import type { PublicJwk, Signer } from '../keys/index.ts'

/** Where the gateway's own endpoints are, under its origin. */
export const PATHS = {
  handshake: '/comity/handshake',
  renew: '/comity/session/renew',
  anchors: '/comity/anchors/',
} as const

/** Who the gateway is, towards its peers. */
export interface GatewayIdentity {
  /** The gateway's DID: issuer of its tokens. */
  readonly did: string
  /** The public origin: audience of its tokens. */
  readonly origin: string
  /** Where sessions are renewed (`POST`) and ended (`DELETE`). */
  readonly renewUrl: string
  /** Signs access tokens: the DID's `authentication` key. */
  tokenSigner(): Promise<Signer>
  /** Verifies them. */
  tokenKey(): Promise<PublicJwk>
}

/**
 * The identity of a gateway.
 *
 * @throws {TypeError} `origin` is not an `https` origin.
 */
export function gatewayIdentity(agent: Agent, origin: string): GatewayIdentity {
  if (!URL.canParse(origin) || new URL(origin).origin !== origin || !origin.startsWith('https://')) {
    throw new TypeError('options.origin must be an https origin without a path')
  }
  const tokenSigner = (): Promise<Signer> => agent.wallet.signer(agent.did, 'authentication')
  return {
    did: agent.did,
    origin,
    renewUrl: `${origin}${PATHS.renew}`,
    tokenSigner,
    tokenKey: async () => {
      const { publicJwk, kid } = await tokenSigner()
      return { ...publicJwk, kid }
    },
  }
}
