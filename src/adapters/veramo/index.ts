/**
 * The wallet on a Veramo agent: keys, DIDs and credentials that outlive the process, private keys sealed at rest.
 *
 * {@link createVeramoWallet} makes the agent, or takes yours. This subpath loads Veramo, which takes about half a second
 * and 45 MB; no other one does.
 *
 * @module
 */
export type { VeramoAgent } from './agent.ts'
export { createVeramoSigner, type VeramoSignerOptions } from './signer.ts'
export {
  createVeramoWallet,
  type AgentWalletOptions,
  type SealedWalletOptions,
  type VeramoWallet,
  type VeramoWalletOptions,
} from './wallet.ts'
