import type { Demand, ZkQuery } from '../../demand/index.ts'
import { createDidResolver } from '../../did/index.ts'
import { ComityError } from '../../errors/index.ts'
import { jwkThumbprint } from '../../keys/index.ts'
import type { GuardedFetch } from '../../net/index.ts'
import { systemClock } from '../../runtime/index.ts'
import type { HeldComplianceCredential } from '../../wallet/index.ts'
import { createAnchorSource, type AnchorDownload, type VerifiedComplianceCredential } from '../../zk/index.ts'
import { assertFree, writeSecret } from '../ceremony/files.ts'
import { fetchFor, type NetworkFlags } from '../network.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { withState, type FolderState } from '../state.ts'
import { readDownload, readOccasion, type OccasionFlags } from './zk-input.ts'

/** The flags of `comity zk prove`. */
export interface ProveFlags extends OccasionFlags, NetworkFlags {
  readonly dir: string
  /** A URL or a file. */
  readonly anchors: string
  readonly artifacts: string
  /** The thumbprint of another key than the folder's. */
  readonly key?: string
  readonly acceptDevelopmentSetup: boolean
  readonly out?: string
  readonly json: boolean
}

/** Makes a proof of what the wallet holds, and says how long it took. Gives the exit code. */
export async function prove(flags: ProveFlags, output: ProgramOutput): Promise<number> {
  const { out, json, audience } = flags
  const { demand, query } = await readOccasion(flags)
  if (out !== undefined) await assertFree(out)
  const { value, key, ms } = await withState(flags.dir, (state) => make(state, flags, demand, query, output))
  if (out !== undefined) await writeSecret(out, `${value}\n`)
  const result = {
    ok: true,
    query: query.id,
    audience,
    key,
    ms,
    ...(out === undefined ? { proof: value } : { out }),
  }
  if (out === undefined && !json) output.writeError(`proven for the key ${key} in ${ms} ms`)
  print(output, json, result, out === undefined ? [value] : [`proven for the key ${key} in ${ms} ms: ${out}`])
  return 0
}

async function make(
  state: FolderState,
  flags: ProveFlags,
  demand: Demand,
  query: ZkQuery,
  output: ProgramOutput,
): Promise<{ readonly value: string; readonly key: string; readonly ms: number }> {
  const { config, wallet } = state
  const fetch = await fetchFor(flags)
  try {
    const resolver = createDidResolver({ fetch })
    const held = await wallet.complianceCredentials(config.did)
    const download = await downloadFor(flags, query, fetch)
    const key = flags.key ?? jwkThumbprint((await wallet.signer(config.did)).publicJwk)
    // Loads snarkjs and the proving key: not for the other commands.
    const { createProver, loadArtifacts, proveCompliance } = await import('../../zk/prove.ts')
    const { acceptDevelopmentSetup, audience } = flags
    const warn = (message: string): void => output.writeError(`warning: ${message}`)
    const prover = createProver({
      artifacts: await loadArtifacts(flags.artifacts, { acceptDevelopmentSetup, warn }),
    })
    try {
      const secret = await wallet.complianceSecret()
      const started = systemClock.now()
      const occasion = { prover, secret, query, demand, audience, key, download, resolver }
      const value = await proveFirst(held, (credential) => proveCompliance({ ...occasion, credential }))
      return { value, key, ms: Math.round((systemClock.now() - started) * 1000) }
    } finally {
      await prover.close()
    }
  } finally {
    fetch.close()
  }
}

/** What stands in the way of one credential, and perhaps not of the next one. */
const PASSED_OVER: readonly string[] = [
  'COMITY_CREDENTIAL_TYPE',
  'COMITY_CREDENTIAL_EXPIRED',
  'COMITY_CREDENTIAL_NOT_YET_VALID',
  'COMITY_ZK_UNSATISFIED',
  'COMITY_ZK_ISSUER_NOT_ANCHORED',
  'COMITY_ZK_CREDENTIAL_REVOKED',
  'COMITY_ZK_STATUS_COLLISION',
]

/** Tries one credential after the other, those first that are valid longest. */
async function proveFirst(
  held: readonly HeldComplianceCredential[],
  proveOne: (credential: VerifiedComplianceCredential) => Promise<string>,
): Promise<string> {
  let refused: ComityError | undefined
  for (const { credential } of held.toSorted((left, right) => right.validUntil - left.validUntil)) {
    try {
      return await proveOne(credential)
    } catch (error) {
      if (!(error instanceof ComityError) || !PASSED_OVER.includes(error.code)) throw error
      refused ??= error
    }
  }
  throw refused ?? new UsageError('the wallet has no compliance credential for this DID')
}

/** A file is the answer that the endpoint would give: it is verified in the same way. */
async function downloadFor(
  { anchors, audience }: ProveFlags,
  { meta }: ZkQuery,
  network: GuardedFetch,
): Promise<AnchorDownload> {
  const isUrl = anchors.startsWith('https://')
  const resolver = createDidResolver({ fetch: network })
  const fetch = isUrl ? network : answering(await readDownload(anchors))
  const endpoint = isUrl ? anchors : 'https://file.invalid/'
  return createAnchorSource({ fetch, resolver }).get(meta.anchors, { verifier: audience, endpoint })
}

function answering(text: string): GuardedFetch {
  const fetch = async (url: string): ReturnType<GuardedFetch> => ({
    url,
    status: 200,
    headers: new Headers(),
    body: new TextEncoder().encode(text),
  })
  const stream: GuardedFetch['stream'] = async () => {
    throw new TypeError('a file is not streamed')
  }
  return Object.assign(fetch, { stream, close: () => undefined })
}
