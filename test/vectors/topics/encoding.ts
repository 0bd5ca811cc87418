import {
  canonicalizeJson,
  decodeMultibase,
  decodeMulticodec,
  encodeMultibase,
  encodeMulticodec,
  encodeUtf8,
  parseJson,
} from '../../../src/encoding/index.ts'
import { fromHex, toHex } from '../../encoding/hex.ts'
import {
  difference,
  judgeCall,
  judgeForeign,
  type Driver,
  type VectorCase,
  type Verdict,
} from '../verdict.ts'
import { byShape } from './by-shape.ts'

/** Base58btc, canonical JSON, JSON parsing, multibase and multicodec. */
export const encoding: Driver = byShape({
  base58btc: { has: ['encoded', 'hex'], judge: judgeBase58 },
  multibase: { has: ['encoded', 'base'], judge: judgeMultibase },
  multicodec: { has: ['varintHex'], judge: judgeMulticodec },
  jcs: { has: ['inputUtf8'], or: ['ieee754Hex'], judge: judgeCanonical },
  'json-parsing': { has: ['bytesHex'], judge: judgeParsing },
})

async function judgeBase58(entry: VectorCase): Promise<Verdict> {
  const encoded = `z${String(entry['encoded'])}`
  return judgeCall(
    entry,
    () => decodeMultibase(encoded),
    (bytes) =>
      difference('the value', toHex(bytes), entry['hex']) ??
      difference('its spelling', encodeMultibase(bytes), encoded),
  )
}

const BASES: readonly unknown[] = ['base58btc', 'base64url']

async function judgeMultibase(entry: VectorCase): Promise<Verdict> {
  const decode = (): Uint8Array => decodeMultibase(String(entry['encoded']))
  if (!BASES.includes(entry['base'])) return judgeForeign('multibase-other', entry, decode)
  return judgeCall(entry, decode, (bytes) => difference('the value', toHex(bytes), entry.expected['hex']))
}

const KEY = Uint8Array.of(1, 2, 3)

async function judgeMulticodec(entry: VectorCase): Promise<Verdict> {
  const { code } = entry
  const varint = fromHex(String(entry['varintHex']))
  const encoded = Uint8Array.of(...varint, ...(varint.length === 0 ? [] : KEY))
  const decode = (): { code: number; key: Uint8Array } => decodeMulticodec(encoded)
  // The file writes a code as text where a number would not hold it.
  if (typeof code === 'string') return judgeForeign('multicodec-large', entry, decode)
  return judgeCall(
    entry,
    decode,
    (value) =>
      difference('the code', value.code, code) ??
      difference('the rest', toHex(value.key), toHex(KEY)) ??
      difference('its spelling', toHex(encodeMulticodec(value.code, KEY)), toHex(encoded)),
  )
}

async function judgeCanonical(entry: VectorCase): Promise<Verdict> {
  const { inputUtf8, ieee754Hex } = entry
  return judgeCall(
    entry,
    () =>
      canonicalizeJson(
        typeof inputUtf8 === 'string'
          ? parseJson(inputUtf8)
          : Buffer.from(String(ieee754Hex), 'hex').readDoubleBE(),
      ),
    (text) => {
      const { canonicalHex, canonicalUtf8 } = entry.expected
      const wrong = difference('its bytes', toHex(encodeUtf8(text)), canonicalHex ?? toHex(encodeUtf8(text)))
      return wrong ?? difference('the canonical form', text, canonicalUtf8 ?? text)
    },
  )
}

async function judgeParsing(entry: VectorCase): Promise<Verdict> {
  const bytes = fromHex(String(entry['bytesHex']))
  const text = Buffer.from(bytes).toString('utf8')
  const parse = (): unknown => parseJson(bytes, { maxDepth: 128 })
  if (entry.expected.result === 'valid' && namesTwice(text))
    return judgeForeign('json-duplicate-names', entry, parse)
  return judgeCall(entry, parse, (value) => difference('the value', value, JSON.parse(text)))
}

/** Whether a text of one flat object has two members of one name. */
function namesTwice(text: string): boolean {
  const names = [...text.matchAll(/"((?:[^"\\]|\\.)*)"\s*:/g)].map(([, name]) => name)
  return text.split('{').length === 2 && new Set(names).size < names.length
}
