import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { parseJws, signJws } from '../../../src/keys/index.ts'
import { createTokenStatusList, encodeTokenStatusList } from '../../../src/status/index.ts'
import {
  anchorDigest,
  babyJubJubJwk,
  createAnchorSource,
  formatAnchorDocument,
  issueAnchorList,
  multiplyBase,
  parseAnchorDocument,
  verifyAnchorList,
  type AnchorLeaf,
} from '../../../src/zk/index.ts'
import {
  createAnchoredIssuer,
  createIssuers,
  createVerifier,
  createWorld,
  publishAnchors,
  START,
  TYPE,
  type AnchoredIssuer,
  type World,
} from '../../zk/support/anchors-world.ts'

const URI = 'https://acme.example/status/token/1'
const LEAF: AnchorLeaf = {
  issuer: 'did:web:acme.example',
  kid: 'did:web:acme.example#zk-1',
  key: multiplyBase(5n),
  statusLists: [URI],
  statusRoot: 7n,
}

/** Signs a list and has somebody verify it. */
async function judge({ now = START, leaves = [LEAF], verifier = 'globex.example' } = {}): Promise<unknown> {
  const world = createWorld()
  const { did, signer } = await createVerifier(world)
  const { did: expected } = verifier === 'globex.example' ? { did } : await createVerifier(world, verifier)
  const list = { signer, issuer: did, type: TYPE, epoch: START, epochSeconds: 600, leaves }
  const { jws, digest } = await issueAnchorList(list)
  return verifyAnchorList(jws, { digest, issuer: expected, resolver: world.resolver, now })
}

/** What a publisher leaves an issuer out for. */
async function problemOf(spoil: (issuer: AnchoredIssuer, world: World) => unknown): Promise<never> {
  const { world, issuers, first } = await createIssuers()
  await spoil(first, world)
  const { publisher, problems } = await publishAnchors(world, issuers)
  await publisher.startEpoch()
  throw problems[0]?.error ?? new TypeError('nobody is left out')
}

/** Serves lists of these statuses, and finds the place of a credential with status 0. */
async function find(
  statuses: readonly number[],
  { isForged = false, hasOtherKey = false } = {},
): Promise<unknown> {
  const world = createWorld()
  const acme = await createAnchoredIssuer(world)
  const uris = statuses.map((_, index) => `https://acme.example/status/token/${index + 1}`)
  for (const [index, uri] of uris.entries()) {
    const list = createTokenStatusList()
    list.set(0, statuses[index] ?? 0)
    const payload = { sub: uri, iat: START, status_list: await encodeTokenStatusList(list) }
    const token = await signJws({ header: { typ: 'statuslist+jwt' }, payload, signer: acme.signer })
    world.pages.set(uri, async () => token)
  }
  world.pages.set(acme.lists.aggregationUrl, async () => JSON.stringify({ status_lists: uris }))
  const { publisher, verifier } = await publishAnchors(world, [acme])
  await publisher.startEpoch()
  const { digest } = publisher.current(TYPE)
  const document = publisher.document(digest) ?? ''
  const forged = formatAnchorDocument({
    ...parseAnchorDocument(document),
    statusLists: new Map([[URI, 'a.b.c']]),
  })
  const endpoint = 'https://globex.example/comity/anchors'
  world.pages.set(`${endpoint}/${digest.slice(11)}`, async () => (isForged ? forged : document))
  const { leafOf } = await createAnchorSource(world).get(digest, { verifier: verifier.did, endpoint })
  const issuerKey = hasOtherKey ? LEAF.key : acme.zkSigner.publicKey
  return leafOf({ issuer: acme.did, issuerKey, type: TYPE, status: { uri: URI, idx: 0 } })
}

/** For each code of anchors, a call of the public functions that fails with exactly that code. */
export const zkAnchors = {
  COMITY_ZK_ANCHORS_MALFORMED: () => parseAnchorDocument('{}'),
  COMITY_ZK_ANCHORS_FORGED: () => judge({ verifier: 'initech.example' }),
  COMITY_ZK_ANCHORS_NOT_YET_VALID: () => judge({ now: START - 600 }),
  COMITY_ZK_ANCHORS_STALE: () => judge({ now: START + 1200 }),
  COMITY_ZK_ANCHORS_KEY_TWICE: () => judge({ leaves: [LEAF, { ...LEAF, statusRoot: 8n }] }),
  COMITY_ZK_ANCHORS_ROOT: async () => {
    const world = createWorld()
    const { did, signer } = await createVerifier(world)
    const list = { signer, issuer: did, type: TYPE, epoch: START, epochSeconds: 600 }
    const { jws: honest } = await issueAnchorList({ ...list, leaves: [LEAF] })
    const payload = { ...parseJws(honest).claims, issuers: [] }
    const jws = await signJws({ header: { typ: 'comity-anchors+jwt' }, payload, signer })
    const digest = anchorDigest(jws)
    return verifyAnchorList(jws, { digest, issuer: did, resolver: world.resolver, now: START })
  },
  COMITY_ZK_ANCHORS_STATUS_LIST: () => find([0], { isForged: true }),
  COMITY_ZK_CREDENTIAL_REVOKED: () => find([1]),
  COMITY_ZK_STATUS_COLLISION: () => find([0, 1]),
  COMITY_ZK_ISSUER_NOT_ANCHORED: () => find([0], { hasOtherKey: true }),
  COMITY_ZK_ANCHORS_UNAVAILABLE: async () => {
    const { publisher } = await publishAnchors(createWorld(), [])
    return publisher.current(TYPE)
  },
  COMITY_ZK_ISSUER_KEY_MISSING: () =>
    problemOf((issuer) => {
      issuer.publish({ keys: [] })
    }),
  COMITY_ZK_ISSUER_KEY_SHARED: async () => {
    const { world, issuers, first, second } = await createIssuers()
    second.publish({ keys: [babyJubJubJwk(first.zkSigner.publicKey)] })
    const { publisher, problems } = await publishAnchors(world, issuers)
    await publisher.startEpoch()
    throw problems[0]?.error ?? new TypeError('nobody is left out')
  },
  COMITY_ZK_ISSUER_STATUS_MISSING: () =>
    problemOf(({ lists }, { pages }) => pages.set(lists.aggregationUrl, async () => '{"status_lists":[]}')),
  COMITY_ZK_ANCHORS_FULL: () =>
    problemOf(async ({ lists, signer }, { pages }) => {
      const uri = 'https://issuer1.example/status/token/1'
      pages.set(lists.aggregationUrl, async () => JSON.stringify({ status_lists: [uri] }))
      const payload = {
        sub: uri,
        iat: START,
        status_list: await encodeTokenStatusList(createTokenStatusList()),
        padding: 'x'.repeat(3_140_000),
      }
      const token = await signJws({ header: { typ: 'statuslist+jwt' }, payload, signer })
      pages.set(uri, async () => token)
    }),
  COMITY_ZK_STATUS_LIST_TOO_LONG: () =>
    problemOf(async ({ signer }, { pages }) => {
      const uri = 'https://issuer1.example/status/token/1'
      const list = createTokenStatusList({ length: 2 ** 25, bits: 1 })
      const payload = { sub: uri, iat: START, status_list: await encodeTokenStatusList(list) }
      const token = await signJws({ header: { typ: 'statuslist+jwt' }, payload, signer })
      pages.set(uri, async () => token)
    }),
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
