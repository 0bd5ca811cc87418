import { isJsonObject, type JsonObject, type JsonValue } from '../../encoding/index.ts'
import { parseWebvhDid } from './location.ts'

function hasService(services: readonly JsonValue[], did: string, fragment: string): boolean {
  const names: readonly unknown[] = [fragment, `${did}${fragment}`]
  return services.some((service) => isJsonObject(service) && names.includes(service['id']))
}

/**
 * Adds the services to a document that each `did:webvh` has, where it does not have others of these names: `#files`,
 * under which its paths are, and `#whois`, a presentation about it.
 *
 * @param document - The document of a `did:webvh`, with its `id`.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#did-url-resolution | did:webvh, DID URL Resolution}
 */
export function withImplicitServices(document: JsonObject): JsonObject {
  const { did, base } = parseWebvhDid(document['id'] as string)
  const services: unknown = document['service'] ?? []
  // No list: left for the check of the document to find.
  if (!Array.isArray(services)) return document
  const implicit: readonly JsonObject[] = [
    { id: `${did}#files`, type: 'relativeRef', serviceEndpoint: base },
    {
      '@context': 'https://identity.foundation/linked-vp/contexts/v1',
      id: `${did}#whois`,
      type: 'LinkedVerifiablePresentation',
      serviceEndpoint: `${base}whois.vp`,
    },
  ]
  const missing = implicit.filter(
    ({ id }) => !hasService(services as readonly JsonValue[], did, (id as string).slice(did.length)),
  )
  return { ...document, service: [...(services as readonly JsonValue[]), ...missing] }
}
