import { findService, findVerificationKey, createDidResolver, type DidDocument } from '../../did/index.ts'
import { ComityError } from '../../errors/index.ts'
import { jwkThumbprint } from '../../keys/index.ts'
import { systemClock } from '../../runtime/index.ts'
import { fetchFor, type NetworkFlags } from '../network.ts'
import type { ProgramOutput } from '../output.ts'
import { withState, type FolderState } from '../state.ts'
import type { FolderFlags } from './did.ts'

/** One thing that was looked at. */
interface Finding {
  readonly about: string
  readonly ok: boolean
  readonly says: string
}

/** Looks at what commonly goes wrong, and says it in plain words. Gives the exit code. */
export async function doctor(flags: FolderFlags & NetworkFlags, output: ProgramOutput): Promise<number> {
  const fetch = await fetchFor(flags)
  try {
    const findings = await withState(flags.dir, async (state) => {
      const resolver = createDidResolver({ fetch })
      const { did, organization } = state.config
      const own = await documentFinding('the own DID', did, resolver.resolveDocument(did))
      const answersFor =
        organization === undefined
          ? undefined
          : await documentFinding('the organization', organization, resolver.resolveDocument(organization))
      return [
        ...(await clockFinding(fetch, state)),
        own.finding,
        ...(own.document === undefined ? [] : await keyFindings(state, own.document)),
        ...(own.document !== undefined && state.config.kind === 'organization'
          ? serviceFindings(own.document)
          : []),
        ...(answersFor === undefined ? [] : [answersFor.finding]),
        ...(await credentialFindings(state)),
      ]
    })
    const ok = findings.every((finding) => finding.ok)
    if (flags.json) output.write(JSON.stringify({ ok, findings }))
    else
      for (const finding of findings)
        output.write(`${finding.ok ? 'ok  ' : 'BAD '} ${finding.about}: ${finding.says}`)
    return ok ? 0 : 1
  } finally {
    fetch.close()
  }
}

/** What a person can do about a document that is not to be had. */
const ADVICE: Readonly<Record<string, string>> = {
  COMITY_NET_ADDRESS_NOT_ALLOWED:
    'its host is on a private or loopback address; on one machine, name it with --allow-loopback',
  COMITY_NET_TLS: 'its certificate does not verify; give a private root with --ca',
  COMITY_NET_UNREACHABLE: 'nobody answers at its host: is it served, and does DNS know the name?',
  COMITY_NET_TIMEOUT: 'its host does not answer in time',
  COMITY_DID_NOT_FOUND: 'its host has no such document: is it published?',
  COMITY_DID_DEACTIVATED: 'it was deactivated',
  COMITY_DID_DOCUMENT_INVALID: 'its document is malformed',
}

async function documentFinding(
  about: string,
  did: string,
  resolution: Promise<DidDocument>,
): Promise<{ finding: Finding; document: DidDocument | undefined }> {
  try {
    return { finding: { about, ok: true, says: `${did} resolves` }, document: await resolution }
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    const { reason } = error.details
    const code = typeof reason === 'string' && reason in ADVICE ? reason : error.code
    const says = `${did} does not resolve: ${ADVICE[code] ?? error.message} (${code})`
    return { finding: { about, ok: false, says }, document: undefined }
  }
}

async function keyFindings(
  { config, wallet }: FolderState,
  document: DidDocument,
): Promise<readonly Finding[]> {
  const purposes =
    config.kind === 'organization'
      ? (['authentication', 'assertionMethod'] as const)
      : (['authentication'] as const)
  return Promise.all(
    purposes.map(async (purpose): Promise<Finding> => {
      const about = `the key for ${purpose}`
      try {
        const { kid, publicJwk } = await wallet.signer(config.did, purpose)
        const published = findVerificationKey(document, kid, purpose)
        const same = jwkThumbprint(published) === jwkThumbprint(publicJwk)
        const says = same
          ? 'is the one that is published'
          : 'another one is published under its name: publish the document anew'
        return { about, ok: same, says }
      } catch (error) {
        if (!(error instanceof ComityError)) throw error
        return { about, ok: false, says: `is not in the published document: publish it anew (${error.code})` }
      }
    }),
  )
}

function serviceFindings(document: DidDocument): readonly Finding[] {
  return ['ComityHandshake', 'ComityEvents'].map((type) => {
    try {
      return { about: `the service ${type}`, ok: true, says: findService(document, type).serviceEndpoint }
    } catch (error) {
      if (!(error instanceof ComityError)) throw error
      return {
        about: `the service ${type}`,
        ok: false,
        says: 'is not in the document: partners will not find it',
      }
    }
  })
}

async function credentialFindings({ config, wallet }: FolderState): Promise<readonly Finding[]> {
  if (config.kind !== 'agent') return []
  const held = await wallet.credentials(config.did)
  if (held.length === 0)
    return [{ about: 'credentials', ok: false, says: 'the wallet has none: `comity credential add`' }]
  const now = systemClock.now()
  return held.map(({ types, validUntil }) => ({
    about: types.at(-1) ?? 'a credential',
    ok: validUntil > now,
    says:
      validUntil > now
        ? `is valid for ${String(Math.floor((validUntil - now) / 60))} more minutes`
        : 'has expired: get a new one',
  }))
}

const MAX_SKEW_SECONDS = 60

/** Compares the clock with the `Date` of the organization's own host. */
async function clockFinding(
  fetch: Awaited<ReturnType<typeof fetchFor>>,
  { config }: FolderState,
): Promise<readonly Finding[]> {
  const about = 'the clock'
  const origin = config.origin ?? originOf(config.organization)
  if (origin === undefined) return []
  try {
    const { headers } = await fetch(`${origin}/.well-known/did.json`)
    const date = Date.parse(headers.get('date') ?? '') / 1000
    const skew = Math.abs(date - systemClock.now())
    if (Number.isNaN(skew)) return []
    const says = `differs from the host's by ${skew.toFixed(0)} s`
    return [
      {
        about,
        ok: skew <= MAX_SKEW_SECONDS,
        says: skew <= MAX_SKEW_SECONDS ? says : `${says}: set it by NTP`,
      },
    ]
  } catch (error) {
    if (error instanceof ComityError) return [] // why it cannot be reached is told about the document
    throw error
  }
}

function originOf(did: string | undefined): string | undefined {
  const host = did?.match(/^did:web:([^:]+)/)?.[1]
  return host === undefined ? undefined : `https://${decodeURIComponent(host)}`
}
