import { encodeBase64url, encodeUtf8 } from '../encoding/index.ts'
import { sha256 } from '../runtime/index.ts'
import type { Store, StoredEntry } from '../store/index.ts'
import type { SessionRecord } from './session-record.ts'

/** The topic on which ended sessions are announced to all instances. */
export const ENDED_TOPIC = 'session-ended'

const MAX_PART_LENGTH = 256

/** The key of the record itself. */
export function recordKey(id: string): string {
  return `session/${id}`
}

/** The prefixes under which a session is listed, so that it can be found by whom and what it rests on. */
export function indexPrefixes(
  session: Pick<SessionRecord, 'agent' | 'organizations' | 'credentials' | 'compliance'>,
): string[] {
  return [
    agentPrefix(session.agent),
    ...session.organizations.map(organizationPrefix),
    ...session.credentials.map(({ digest }) => credentialPrefix(digest)),
    ...(session.compliance ?? []).map(({ type }) => anchorsPrefix(type)),
  ]
}

/** The prefix of an agent's sessions. */
export function agentPrefix(agent: string): string {
  return `session-by-agent/${keyPart(agent)}/`
}

/** The prefix of the sessions that an organization may end. */
export function organizationPrefix(organization: string): string {
  return `session-by-organization/${keyPart(organization)}/`
}

/** The prefix of the sessions that rest on a credential. */
export function credentialPrefix(digest: string): string {
  return `session-by-credential/${keyPart(digest)}/`
}

/** The prefix of the sessions that rest on a compliance proof about a type of credential. */
export function anchorsPrefix(type: string): string {
  return `session-by-anchors/${digestOf(type)}/`
}

/** A DID or digest as one part of a key. A long one is hashed: keys are bounded, DIDs are as long as they like. */
export function keyPart(name: string): string {
  return name.length <= MAX_PART_LENGTH ? name : `sha256:${digestOf(name)}`
}

/** SHA-256 of a text, base64url. */
export function digestOf(text: string): string {
  return encodeBase64url(sha256(encodeUtf8(text)))
}

/** All entries under a prefix, page by page. */
export async function* pagesUnder(store: Store, prefix: string): AsyncGenerator<readonly StoredEntry[]> {
  let page = await store.list(prefix)
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    yield page
    page = await store.list(prefix, { after: last.key })
  }
}
