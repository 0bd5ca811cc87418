/**
 * The drivers, by topic. To add a topic: write its driver, and put it here under the name of its folder.
 */
import type { Driver } from '../verdict.ts'
import { bitstringStatusList } from './bitstring-status-list.ts'
import { dcql } from './dcql.ts'
import { didCore } from './did-core.ts'
import { didJwk } from './did-jwk.ts'
import { didKey } from './did-key.ts'
import { didWeb } from './did-web.ts'
import { didWebvh } from './did-webvh.ts'
import { dpop } from './dpop.ts'
import { encoding } from './encoding.ts'
import { httpSignatures } from './http-signatures.ts'
import { jose } from './jose.ts'
import { oauth } from './oauth.ts'
import { sdJwt } from './sd-jwt.ts'
import { signatures } from './signatures.ts'
import { spiffe } from './spiffe.ts'
import { tokenStatusList } from './token-status-list.ts'
import { vcJoseCose } from './vc-jose-cose.ts'
import { vcdm2 } from './vcdm2.ts'

export const drivers: Readonly<Record<string, Driver>> = {
  'bitstring-status-list': bitstringStatusList,
  dcql,
  'did-core': didCore,
  'did-jwk': didJwk,
  'did-key': didKey,
  'did-web': didWeb,
  'did-webvh': didWebvh,
  dpop,
  encoding,
  'http-signatures': httpSignatures,
  jose,
  oauth,
  'sd-jwt': sdJwt,
  signatures,
  spiffe,
  'token-status-list': tokenStatusList,
  'vc-jose-cose': vcJoseCose,
  vcdm2,
}
