import type { IAgentContext, IAgentPlugin, IDIDManager, IKeyManager, IPluginMethodMap } from '@veramo/core'
import { createAgent, type AgentSession, type ConnectOptions } from '../../agent/index.ts'
import {
  createSignatureCache,
  verifyCredential,
  type CredentialType,
  type IssuerTrust,
  type StatusChecker,
  type VerifiedCredential,
  type VerifyCredentialOptions,
} from '../../credentials/index.ts'
import type { Demand } from '../../demand/index.ts'
import { createDidResolver, type DidResolver } from '../../did/index.ts'
import type { JsonObject } from '../../encoding/index.ts'
import {
  presentForDemand,
  type PresentedEvidence,
  type PresentForDemandOptions,
} from '../../handshake/index.ts'
import type { IssuedCredential, IssueOptions, Issuer } from '../../issuer/index.ts'
import { createGuardedFetch, type GuardedFetch } from '../../net/index.ts'
import { systemClock, type Clock } from '../../runtime/index.ts'
import { createStatusChecker } from '../../status/index.ts'
import type { Store } from '../../store/index.ts'
import type { AddCredentialOptions, HeldCredential, Wallet } from '../../wallet/index.ts'
import { createAgentIdentities, type AgentIdentities } from './agent-identity.ts'
import { once } from './once.ts'

/** What the plugin works with. */
export interface ComityPluginOptions {
  /** Where credentials and release rules are kept, under keys that start with `wallet/`. One agent a store. */
  readonly store: Store
  /** Whom the agent believes what. There is no default: anyone has to be spelled out. */
  readonly trust: IssuerTrust
  /**
   * Makes the issuer of one of the agent's DIDs, once for each. Without it the agent does not issue. The wallet has
   * the DID's keys.
   */
  readonly issuer?: (identity: { readonly did: string; readonly wallet: Wallet }) => Promise<Issuer> | Issuer
  /** Which of the agent's key management systems makes new keys. Needed only where it has several. */
  readonly kms?: string
  /**
   * 32 secret random bytes that seal what the agent has no place for, as `AgentWalletOptions.secretsKey`: needed where an
   * issuer is to make compliance credentials.
   */
  readonly secretsKey?: Uint8Array
  /** Reaches strangers. Defaults to a guarded fetch to public addresses. */
  readonly fetch?: GuardedFetch
  /** Defaults to Comity's methods through `fetch`. */
  readonly resolver?: DidResolver
  /** Defaults to status lists through `fetch`. */
  readonly status?: StatusChecker
  /** Defaults to the system clock. */
  readonly clock?: Clock
}

/** What the agent needs beside the plugin: keys and DIDs. */
export type ComityPluginContext = IAgentContext<IKeyManager & IDIDManager>

/** What an agent can do with the plugin. Each method is called as `agent.comityIssue({ … })`. */
export interface IComityPlugin extends IPluginMethodMap {
  /**
   * Issues a credential as one of the agent's DIDs.
   *
   * @throws {PolicyError} `COMITY_WALLET_KEY_UNKNOWN` when `issuer` is no DID of the agent with a key for assertions.
   * @throws {TypeError} The plugin was made without `issuer`.
   * @throws {ComityError} As `Issuer.issue`.
   */
  comityIssue(args: ComityIssueArgs, context: ComityPluginContext): Promise<IssuedCredential>
  /**
   * Keeps a credential about one of the agent's DIDs, with the rule who may see it.
   *
   * @throws {ComityError} As `Wallet.addCredential`.
   */
  comityHold(args: ComityHoldArgs, context: ComityPluginContext): Promise<HeldCredential>
  /**
   * Shows a verifier what one of the agent's DIDs holds, signed for that verifier and its nonce: what the release rules
   * let out, and no more than the demand asks for.
   *
   * @returns At most one presentation (`vp+jwt`) with all `vc+jwt` credentials, first, and each SD-JWT VC with its key
   *   binding.
   * @throws {PolicyError} `COMITY_DEMAND_UNMET` when there is no answer, or it may not leave;
   *   `COMITY_WALLET_KEY_UNKNOWN` when `holder` is no DID of the agent with a key for authentication.
   * @throws {ComityError} As `presentForDemand`.
   */
  comityPresent(args: ComityPresentArgs, context: ComityPluginContext): Promise<readonly PresentedEvidence[]>
  /**
   * Verifies a credential that its subject shows: signature, times, schema, holder, status, trust.
   *
   * @throws {ComityError} As `verifyCredential`.
   */
  comityVerify(args: ComityVerifyArgs, context: ComityPluginContext): Promise<VerifiedCredential>
  /**
   * Runs the handshake with a peer as one of the agent's DIDs. The session has methods, so this one does not work
   * over Veramo's remote agents.
   *
   * @throws {ComityError} As `Agent.connect`.
   */
  comityConnect(args: ComityConnectArgs, context: ComityPluginContext): Promise<AgentSession>
}

/** Arguments of {@link IComityPlugin.comityIssue}. */
export type ComityIssueArgs = IssueOptions & {
  /** The agent's DID that issues. */
  readonly issuer: string
  /** What kind of credential. */
  readonly type: CredentialType
}

/** Arguments of {@link IComityPlugin.comityHold}. */
export interface ComityHoldArgs extends AddCredentialOptions {
  /** The credential as its issuer gave it. */
  readonly credential: string
  /** The agent's DID that it is about. */
  readonly holder: string
}

/** Arguments of {@link IComityPlugin.comityPresent}. */
export interface ComityPresentArgs extends Pick<PresentForDemandOptions, 'audience' | 'nonce' | 'shown'> {
  /** The agent's DID that shows what it holds. */
  readonly holder: string
  /** What the verifier asks, as it came: it is parsed here. */
  readonly demand: Demand | JsonObject
}

/** Arguments of {@link IComityPlugin.comityVerify}. */
export interface ComityVerifyArgs extends Omit<
  VerifyCredentialOptions,
  'trust' | 'status' | 'resolver' | 'cache'
> {
  /** The credential as it was shown. */
  readonly credential: string
}

/** Arguments of {@link IComityPlugin.comityConnect}. */
export interface ComityConnectArgs extends ConnectOptions {
  /** The agent's DID that connects. */
  readonly did: string
  /** The peer's DID. */
  readonly peer: string
}

/**
 * Makes a plugin with which a Veramo agent that is there already issues, holds, presents, verifies and connects.
 *
 * The agent needs the plugins of `@veramo/key-manager` and `@veramo/did-manager`. Its DIDs sign with the keys that
 * their documents name, Ed25519 and P-256; other kinds of keys are passed over.
 *
 * @param options - See {@link ComityPluginOptions}.
 * @throws {TypeError} `trust` or `store` is missing.
 */
export function createComityPlugin(
  options: ComityPluginOptions,
): IAgentPlugin & { readonly methods: IComityPlugin } {
  const tools = toolsFrom(options)
  return Object.freeze({
    methods: {
      comityIssue: async ({ issuer, type, ...rest }: ComityIssueArgs, { agent }: ComityPluginContext) =>
        (await tools.issuerFor(issuer, await tools.identities.walletFor(agent, issuer))).issue(type, rest),
      comityHold: async ({ credential, holder, release }: ComityHoldArgs, { agent }: ComityPluginContext) =>
        (await tools.identities.walletFor(agent, holder)).addCredential(credential, { release }),
      comityPresent: async (
        { holder, demand, audience, nonce, shown }: ComityPresentArgs,
        { agent }: ComityPluginContext,
      ) =>
        presentForDemand(demand, {
          wallet: await tools.identities.walletFor(agent, holder),
          holder,
          audience,
          nonce,
          now: tools.agentOptions.clock.now(),
          ...(shown !== undefined && { shown }),
        }),
      comityVerify: async ({ credential, ...expected }: ComityVerifyArgs) =>
        verifyCredential(credential, { ...expected, ...tools.evidence }),
      comityConnect: async ({ did, peer, ...wanted }: ComityConnectArgs, { agent }: ComityPluginContext) => {
        const wallet = await tools.identities.walletFor(agent, did)
        return (await createAgent({ ...tools.agentOptions, did, wallet })).connect(peer, wanted)
      },
    },
  })
}

interface Tools {
  readonly identities: AgentIdentities
  readonly evidence: Pick<VerifyCredentialOptions, 'trust' | 'status' | 'resolver' | 'cache'>
  readonly agentOptions: {
    readonly trust: IssuerTrust
    readonly fetch: GuardedFetch
    readonly resolver: DidResolver
    readonly status: StatusChecker
    readonly clock: Clock
  }
  issuerFor(did: string, wallet: Wallet): Promise<Issuer>
}

function toolsFrom(options: ComityPluginOptions): Tools {
  const { store, trust, issuer, kms, secretsKey, clock = systemClock } = options
  if (typeof (trust as IssuerTrust | undefined)?.judge !== 'function') {
    throw new TypeError('options.trust must have a method judge')
  }
  if (typeof (store as Store | undefined)?.compareAndSet !== 'function') {
    throw new TypeError('options.store must be a store')
  }
  const fetch = options.fetch ?? createGuardedFetch()
  const resolver = options.resolver ?? createDidResolver({ fetch, clock })
  const status = options.status ?? createStatusChecker({ fetch, resolver, clock })
  const issuers = new Map<string, Promise<Issuer>>()
  const make = async (did: string, wallet: Wallet): Promise<Issuer> => {
    if (issuer === undefined) throw new TypeError('the plugin was made without options.issuer')
    return issuer({ did, wallet })
  }
  return {
    identities: createAgentIdentities({ store, resolver, kms, secretsKey, clock }),
    evidence: { trust, status, resolver, cache: createSignatureCache() },
    agentOptions: { trust, fetch, resolver, status, clock },
    issuerFor: async (did, wallet) => once(issuers, did, async () => make(did, wallet)),
  }
}
