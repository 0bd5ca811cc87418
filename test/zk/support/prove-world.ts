import { parseDemand, type Demand, type Predicate, type ZkQuery } from '../../../src/demand/index.ts'
import { didKeyFromJwk, parseDidDocument } from '../../../src/did/index.ts'
import { generateSigner, jwkThumbprint, withKid, type Signer } from '../../../src/keys/index.ts'
import { issueAnchorList } from '../../../src/zk/anchors.ts'
import type { AnchorDownload } from '../../../src/zk/anchor-source.ts'
import {
  createHolderSecret,
  createZkSigner,
  generateAuditorKey,
  generateZkPrivateKey,
  holderCommitment,
  issueComplianceCredential,
  parseBabyJubJubJwk,
  statusTree,
  verifyComplianceCredential,
} from '../../../src/zk/index.ts'

export const EPOCH = 1_800_000_000
export const TYPE = 'AgentPostureCredential'
export const STATUS = { uri: 'https://issuer.example/status/1', idx: 4711 }
export const BUILD: string = new URL('../../../circuits/build', import.meta.url).pathname

const PREDICATES: readonly Predicate[] = [
  { path: ['credentialSubject', 'region'], op: 'in', values: ['uk', 'eu', 'ch'] },
  { path: ['credentialSubject', 'openVulnerabilities'], op: 'range', max: 0 },
  { path: ['credentialSubject', 'assessedAt'], op: 'range', min: { epoch: -86_400 } },
  { path: ['credentialSubject', 'capabilities'], op: 'eq', value: 'invoice:read' },
  { path: ['credentialSubject', 'capabilities'], op: 'none', value: 'trading' },
]

export async function party(): Promise<{ did: string; signer: Signer }> {
  const signer = await generateSigner({ alg: 'Ed25519' })
  const did = didKeyFromJwk(signer.publicJwk)
  return { did, signer: withKid(signer, `${did}#${did.slice('did:key:'.length)}`) }
}

/** A verifier, an issuer that it accepts, a holder with a credential, and an auditor. */
export async function createProveWorld({ revoked = false } = {}) {
  const [verifier, issuer, session] = [await party(), await party(), await party()]
  const zkSigner = createZkSigner({ kid: `${issuer.did}#zk`, privateKey: generateZkPrivateKey() })
  const statuses = statusTree({
    length: 8192,
    get: (index) => (index === STATUS.idx ? revoked : index % 5 === 3),
  })
  const anchors = await issueAnchorList({
    signer: verifier.signer,
    issuer: verifier.did,
    type: TYPE,
    epoch: EPOCH,
    epochSeconds: 600,
    leaves: [
      {
        issuer: issuer.did,
        kid: zkSigner.kid,
        key: zkSigner.publicKey,
        statusLists: [STATUS.uri],
        statusRoot: statuses.root,
      },
    ],
  })
  const download: AnchorDownload = {
    anchors,
    leafOf: async () => ({ index: 0, siblings: anchors.path(0), statusTree: statuses }),
  }
  const secret = createHolderSecret()
  const commitment = holderCommitment(secret)
  const auditorKey = generateAuditorKey()
  const auditorDid = 'did:web:auditor.example'
  const auditorKid = `${auditorDid}#bjj`
  const auditorDocument = parseDidDocument(
    {
      '@context': ['https://www.w3.org/ns/did/v1'],
      id: auditorDid,
      verificationMethod: [
        { id: auditorKid, type: 'JsonWebKey', controller: auditorDid, publicKeyJwk: { ...auditorKey.jwk } },
      ],
      keyAgreement: [auditorKid],
    },
    auditorDid,
  )

  const credentialWith = async (claims: Record<string, string | number | readonly string[]> = {}) => {
    const text = await issueComplianceCredential({
      signer: zkSigner,
      issuer: issuer.did,
      type: TYPE,
      claims: {
        id: 'did:web:agent.example',
        region: 'eu',
        openVulnerabilities: 0,
        assessedAt: '2027-01-15T07:00:00Z',
        capabilities: ['invoice:write', 'invoice:read'],
        ...claims,
      },
      validFrom: EPOCH - 1000,
      validUntil: EPOCH + 100_000,
      status: STATUS,
      commitment,
    })
    return verifyComplianceCredential(text, { publicKey: zkSigner.publicKey, commitment, now: EPOCH })
  }
  const demandWith = (
    meta: Partial<ZkQuery['meta']> = {},
    predicates: readonly Predicate[] = PREDICATES,
  ): { demand: Demand; query: ZkQuery } => {
    const demand = parseDemand({
      credentials: [
        {
          id: 'posture',
          format: 'comity-zk',
          meta: { type_values: [[TYPE]], anchors: anchors.digest, epoch: EPOCH, ...meta },
          predicates,
        },
      ],
    })
    return { demand, query: demand.credentials?.[0] as ZkQuery }
  }
  return {
    verifier,
    issuer,
    session,
    key: jwkThumbprint(session.signer.publicJwk),
    anchors,
    download,
    leaf: await download.leafOf({} as never),
    secret,
    auditor: { kid: auditorKid, key: auditorKey, point: parseBabyJubJubJwk(auditorKey.jwk) },
    resolver: { resolveDocument: async () => auditorDocument },
    credentialWith,
    demandWith,
  }
}
