import { didWebUrl, parseDid, parseWebvhDid } from '../did/index.ts'

/** Why the name of a DID's host does not speak for a trust domain. */
export type NameFault = 'method' | 'path' | 'port' | 'spelling' | 'other-name'

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/**
 * Says whether a DID speaks for a trust domain by the name of its host: the DID is a `did:web` or `did:webvh` without
 * path or port, and the trust domain's name is that of the host, or one below it.
 *
 * Names are compared as exact texts, label by label. A host of one label, such as a top-level domain, speaks for its own
 * name alone.
 *
 * @param did - A DID that was resolved.
 * @param name - The name of a trust domain.
 * @returns Undefined where it does, else why not.
 * @throws {VerificationError} `COMITY_DID_INVALID` when it is no DID of its method.
 */
export function nameFault(did: string, name: string): NameFault | undefined {
  const { method } = parseDid(did)
  if (method !== 'web' && method !== 'webvh') return 'method'
  const { place, url } = placeOf(did, method)
  const [authority = '', ...path] = place.split(':')
  if (path.length > 0) return 'path'
  if (/%3A/i.test(authority)) return 'port'
  // A host that is mapped on its way to the network reads as another name than the one that is asked.
  if (new URL(url).host !== authority) return 'spelling'
  return isAtOrUnder(name, authority) ? undefined : 'other-name'
}

function placeOf(did: string, method: 'web' | 'webvh'): { readonly place: string; readonly url: string } {
  if (method === 'web') return { place: parseDid(did).id, url: didWebUrl(did) }
  const { place, logUrl } = parseWebvhDid(did)
  return { place, url: logUrl }
}

function isAtOrUnder(name: string, host: string): boolean {
  if (name === host) return true
  if (!host.includes('.') || !name.endsWith(`.${host}`)) return false
  const labels = name.slice(0, -host.length - 1).split('.')
  return labels.every((label) => LABEL.test(label))
}
