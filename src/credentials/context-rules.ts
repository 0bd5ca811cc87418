import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { isAbsoluteUrl, isList } from './shape.ts'

/** The context that every credential of the data model 2.0 starts with. */
export const CREDENTIALS_CONTEXT: string = 'https://www.w3.org/ns/credentials/v2'

const MAX_CONTEXTS = 16

/** What the base context defines for a whole document, protected: no later context may define it again. */
const PROTECTED_TERMS: ReadonlySet<string> = new Set([
  'id',
  'type',
  'description',
  'digestMultibase',
  'digestSRI',
  'mediaType',
  'name',
  'VerifiableCredential',
  'EnvelopedVerifiableCredential',
  'VerifiablePresentation',
  'EnvelopedVerifiablePresentation',
  'JsonSchemaCredential',
  'JsonSchema',
  'BitstringStatusListCredential',
  'BitstringStatusList',
  'BitstringStatusListEntry',
  'DataIntegrityProof',
])

/**
 * Checks the `@context` of a credential or a presentation, as far as that goes without fetching any.
 *
 * It is a list that starts with the base context; every other item is a URL or a context written out. One that is
 * written out does not define again what the base context protects: readers who process JSON-LD would refuse the
 * document, or take it for something else than those who do not.
 *
 * @param document - The credential or the presentation.
 * @returns What is wrong, in words that hold nothing of the input; undefined where nothing is.
 * @see {@link https://www.w3.org/TR/vc-data-model-2.0/#contexts | VCDM 2.0 §4.3}
 */
export function brokenContext(document: JsonObject): string | undefined {
  const contexts = document['@context']
  if (!isList(contexts)) return '@context is not a list'
  if (contexts[0] !== CREDENTIALS_CONTEXT) return '@context does not start with the base context'
  if (contexts.length > MAX_CONTEXTS) return '@context has too many items'
  for (const item of contexts.slice(1)) {
    const broken = brokenItem(item)
    if (broken !== undefined) return broken
  }
  return undefined
}

/** Says whether a `@context` is, or starts with, the base context. It suffices for enveloped objects. */
export function startsWithBaseContext(context: JsonValue | undefined): boolean {
  return (isList(context) ? context[0] : context) === CREDENTIALS_CONTEXT
}

function brokenItem(item: JsonValue): string | undefined {
  if (!isJsonObject(item)) {
    return isAbsoluteUrl(item) ? undefined : 'an item of @context is neither a URL nor an object'
  }
  for (const [term, definition] of Object.entries(item)) {
    if (PROTECTED_TERMS.has(term)) return 'an item of @context defines a term of the base context again'
    if (!term.startsWith('@') && !isDefinition(definition)) return 'an item of @context defines a term badly'
  }
  return undefined
}

function isDefinition(definition: JsonValue): boolean {
  return definition === null || typeof definition === 'string' || isJsonObject(definition)
}
