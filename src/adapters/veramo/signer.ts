import { decodeBase64url } from '../../encoding/index.ts'
import { algorithmsFor, signerFromCallback, type SignatureAlgorithm, type Signer } from '../../keys/index.ts'
import type { VeramoAgent } from './agent.ts'
import { toPublicJwk, veramoNames } from './public-key.ts'

/** Which key of an agent signs, and under which name. */
export interface VeramoSignerOptions {
  /** The agent. */
  readonly agent: Pick<VeramoAgent, 'keyManagerGet' | 'keyManagerSign'>
  /** The agent's name for the key: Veramo's `kid`. */
  readonly keyRef: string
  /** The name under which others find the public key: a DID URL. */
  readonly kid: string
  /** What it signs with. Defaults to what the key is for. */
  readonly alg?: SignatureAlgorithm
}

/**
 * Makes a signer of a key that a Veramo agent has already, for `addKey` of any wallet.
 *
 * @param options - See {@link VeramoSignerOptions}.
 * @throws {TypeError} The key is neither Ed25519 nor P-256, or not for `options.alg`. What the agent fails with for a
 *   key that it doesn't have is passed on.
 */
export async function createVeramoSigner(options: VeramoSignerOptions): Promise<Signer> {
  const { agent, keyRef, kid } = options
  const publicJwk = toPublicJwk(await agent.keyManagerGet({ kid: keyRef }))
  const [first] = algorithmsFor(publicJwk)
  const alg = options.alg ?? first
  if (alg === undefined) throw new TypeError('the key of the agent is not for signing')
  return signerFromCallback({
    kid,
    alg,
    publicJwk,
    sign: (bytes) => signWithAgent(agent, keyRef, alg, bytes),
  })
}

/** Has an agent sign bytes. They go as text, which agents that are reached over a network take too. */
export async function signWithAgent(
  agent: Pick<VeramoAgent, 'keyManagerSign'>,
  keyRef: string,
  alg: SignatureAlgorithm,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const signature = await agent.keyManagerSign({
    keyRef,
    algorithm: veramoNames(alg).alg,
    data: Buffer.from(bytes).toString('hex'),
    encoding: 'base16',
  })
  return decodeBase64url(signature, { maxBytes: 64 })
}
