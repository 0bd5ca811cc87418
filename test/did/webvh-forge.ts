/**
 * Writes entries that the library's own functions would not: valid but for what a test is about.
 */
import { contentOf, PLACEHOLDER, scidOf, versionIdOf } from '../../src/did/webvh/entry.ts'
import { signProof } from '../../src/did/webvh/proof.ts'
import { encodeMultikey } from '../../src/did/multikey.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import type { Signer } from '../../src/keys/index.ts'
import { documentOf, START } from './webvh-support.ts'

/** What an entry is forged of. */
export interface Forgery {
  readonly signer: Signer
  readonly parameters?: JsonObject
  /** Instead of the usual document. */
  readonly state?: (did: string) => JsonObject
  readonly versionTime?: string
  /** Members put into the entry after it was signed, or taken out where `undefined`. */
  readonly members?: { readonly [name: string]: unknown }
  /** Members put into the entry's proof before it is signed. */
  readonly proof?: JsonObject
}

/** A log under construction. */
export interface Forged {
  readonly did: string
  readonly lines: readonly string[]
  readonly versionId: string
  readonly log: string
}

type Content = Parameters<typeof contentOf>[0]

const timeOf = (number: number): string => new Date((START + number) * 1000).toISOString()

async function toLine(forgery: Forgery, content: Content, versionId: string): Promise<string> {
  const { signer, members, proof = {} } = forgery
  const { parameters, state, versionTime } = content
  const canonical = contentOf({ parameters, state, versionTime }).under(versionId)
  const signed = await signProof(signer, canonical, timeOf(0))
  return JSON.stringify({
    versionId,
    versionTime,
    parameters,
    state,
    proof: [{ ...signed, ...proof }],
    ...members,
  })
}

function toForged(did: string, lines: readonly string[], versionId: string): Forged {
  return { did, lines, versionId, log: lines.map((line) => `${line}\n`).join('') }
}

/** Writes a first entry. `{SCID}` in parameters and state stands for the SCID, but in the text `{NOT-SCID}` for itself. */
export async function forgeFirst(forgery: Forgery, place = 'acme.example'): Promise<Forged> {
  const { signer, state = documentOf, versionTime = timeOf(0) } = forgery
  const stand = 'QmNLei78zWmzUdbeRB3CiUfAizWUrbeeZh5K1rhAQKCh51'
  const parameters = {
    method: 'did:webvh:1.0',
    scid: stand,
    updateKeys: [encodeMultikey(signer.publicJwk)],
    ...forgery.parameters,
  }
  const draft = { parameters, state: state(`did:webvh:${stand}:${place}`), versionTime }
  const scid = scidOf(contentOf(draft), stand)
  const content = JSON.parse(JSON.stringify(draft).replaceAll(stand, scid)) as typeof draft
  const versionId = versionIdOf(contentOf(content), 1, scid)
  return toForged(`did:webvh:${scid}:${place}`, [await toLine(forgery, content, versionId)], versionId)
}

/** Writes a further entry. */
export async function forgeNext(before: Forged, forgery: Forgery): Promise<Forged> {
  const number = before.lines.length + 1
  const { state = documentOf, versionTime = timeOf(number), parameters = {} } = forgery
  const content = { parameters, state: state(before.did), versionTime }
  const versionId = versionIdOf(contentOf(content), number, before.versionId)
  return toForged(before.did, [...before.lines, await toLine(forgery, content, versionId)], versionId)
}

export { PLACEHOLDER }
