/**
 * Comity: how AI agents of different organizations come to trust each other without a common identity provider.
 *
 * This entry has what an agent needs to connect to partners. A gateway is made with `comity/gateway`, credentials
 * are issued with `comity/issuer`; everything below is public by its own subpath.
 *
 * @module
 */
export {
  createAgent,
  type Agent,
  type AgentOptions,
  type AgentSession,
  type ConnectOptions,
  type SessionRequest,
} from './agent/index.ts'
export { parseDemand, type Demand } from './demand/index.ts'
export {
  ComityError,
  NetworkError,
  PeerError,
  PolicyError,
  TrustError,
  VerificationError,
  type ComityErrorCode,
} from './errors/index.ts'
export { generateSigner, type Signer } from './keys/index.ts'
export { createTrustRegistry, trustAnyone } from './trust/index.ts'
export { createMemoryWallet, type Wallet } from './wallet/index.ts'
