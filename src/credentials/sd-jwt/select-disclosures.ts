import { isJsonObject, type JsonObject, type JsonValue } from '../../encoding/index.ts'
import { isClaimsPath, type ClaimsPath } from './claims-path.ts'
import type { Disclosure } from './disclosure.ts'

/** A value somewhere in the claims, and the disclosures that it takes to get there. */
interface Place {
  readonly value: JsonValue
  readonly through: readonly Disclosure[]
}

/**
 * Chooses what must be disclosed so that some claims are shown: the claims themselves and those that they are in, and
 * nothing else. Parts of a claim that are disclosed on their own are chosen only by paths that lead to them.
 *
 * @param signed - What the issuer signed.
 * @param disclosures - All disclosures of it that the holder has.
 * @param paths - Which claims. A position counts the elements whose disclosures are there.
 * @returns The disclosures, in the order that they came in.
 * @throws {TypeError} When a path is none, or leads nowhere.
 */
export function selectDisclosures(
  signed: JsonObject,
  disclosures: readonly Disclosure[],
  paths: readonly ClaimsPath[],
): readonly Disclosure[] {
  const byDigest = new Map(disclosures.map((disclosure) => [disclosure.digest, disclosure]))
  const chosen = new Set<Disclosure>()
  for (const path of paths) {
    if (!isClaimsPath(path)) throw new TypeError('a path to disclose is not a claims path')
    let places: readonly Place[] = [{ value: signed, through: [] }]
    for (const step of path) places = places.flatMap((place) => stepFrom(place, step, byDigest))
    if (places.length === 0) throw new TypeError('a path to disclose leads nowhere')
    for (const { through } of places) for (const disclosure of through) chosen.add(disclosure)
  }
  return disclosures.filter((disclosure) => chosen.has(disclosure))
}

function stepFrom(
  { value, through }: Place,
  step: string | number | null,
  byDigest: ReadonlyMap<string, Disclosure>,
): readonly Place[] {
  if (typeof step === 'string') {
    if (!isJsonObject(value) || step === '_sd' || step === '_sd_alg') return []
    const plain = Object.hasOwn(value, step) ? value[step] : undefined
    if (plain !== undefined) return [{ value: plain, through }]
    const hidden = digestsOf(value).flatMap((digest) => byDigest.get(digest) ?? [])
    return hidden.filter(({ name }) => name === step).map((found) => behind(found, through))
  }
  if (!Array.isArray(value)) return []
  const elements = (value as readonly JsonValue[]).flatMap((element) => {
    const digest = isJsonObject(element) ? element['...'] : undefined
    if (digest === undefined) return [{ value: element, through }]
    const found = typeof digest === 'string' ? byDigest.get(digest) : undefined
    return found === undefined ? [] : [behind(found, through)]
  })
  return step === null ? elements : elements.slice(step, step + 1)
}

function behind(disclosure: Disclosure, through: readonly Disclosure[]): Place {
  return { value: disclosure.value, through: [...through, disclosure] }
}

function digestsOf(object: JsonObject): readonly string[] {
  const digests = object['_sd']
  return Array.isArray(digests) ? (digests as readonly string[]) : []
}
