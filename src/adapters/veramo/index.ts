/**
 * Veramo: the wallet on a Veramo agent, and Comity inside one.
 *
 * {@link createVeramoWallet} keeps keys, DIDs and credentials that outlive the process, private keys sealed at rest; it
 * makes the agent, or takes yours. {@link createComityPlugin} gives an agent that is there already methods to issue,
 * hold, present, verify and connect. This subpath loads Veramo, which takes about half a second
 * and 45 MB; no other one does.
 *
 * @module
 */
export type { VeramoAgent } from './agent.ts'
export {
  createComityPlugin,
  type ComityConnectArgs,
  type ComityHoldArgs,
  type ComityIssueArgs,
  type ComityPluginContext,
  type ComityPluginOptions,
  type ComityPresentArgs,
  type ComityVerifyArgs,
  type IComityPlugin,
} from './plugin.ts'
export { createVeramoSigner, type VeramoSignerOptions } from './signer.ts'
export {
  createVeramoWallet,
  type AgentWalletOptions,
  type SealedWalletOptions,
  type VeramoWallet,
  type VeramoWalletOptions,
} from './wallet.ts'
