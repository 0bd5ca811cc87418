import {
  createBundleSet,
  createTrustBundle,
  parseCertificate,
  parsePemX509Svid,
  parseTrustDomain,
  parseX509Svid,
  verifyX509Svid,
  type X509Svid,
} from '../../../../src/spiffe/index.ts'
import { difference, judgeCall } from '../../verdict.ts'
import type { SpiffeOperation } from './operation.ts'

/** X.509-SVIDs. */
export const spiffeX509Svids: Readonly<Record<string, SpiffeOperation>> = {
  verify: (entry) =>
    judgeCall(
      entry,
      async () => {
        const bundles = Object.entries(entry['bundles'] as Readonly<Record<string, readonly string[]>>)
        return await verifyX509Svid((entry['chain'] as readonly string[]).map(decode), {
          bundles: createBundleSet(
            bundles.map(([name, authorities]) =>
              createTrustBundle({
                trustDomain: parseTrustDomain(name),
                x509Authorities: authorities.map((der) => parseCertificate(decode(der))),
              }),
            ),
          ),
          now: Number(entry['now']),
        })
      },
      ({ id }) => difference('the ID', id.uri, entry.expect['spiffeId']),
    ),
  parsePem: (entry) =>
    judgeCall(
      entry,
      () => parsePemX509Svid(String(entry['certs']), String(entry['key'])),
      (svid) => wrongSvid(svid, entry.expect),
    ),
  parseDer: (entry) =>
    judgeCall(
      entry,
      () => parseX509Svid(decode(String(entry['certs'])), decode(String(entry['key']))),
      (svid) => wrongSvid(svid, entry.expect),
    ),
}

function wrongSvid({ id, chain }: X509Svid, expect: Readonly<Record<string, unknown>>): string | undefined {
  const [leaf] = chain
  const keyType = leaf?.key.jwk['kty']
  return (
    difference('the ID', id.uri, expect['spiffeId']) ??
    difference('the number of certificates', chain.length, expect['certCount']) ??
    difference('the kind of key', keyType, expect['keyType'] ?? keyType)
  )
}

function decode(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}
