import { describe, expect, it } from 'vitest'
import { didKeyFromJwk } from '../../src/did/index.ts'
import {
  approveWebvhVersion,
  createWitnessFile,
  deactivateWebvhDid,
  findWebvhVersion,
  updateWebvhDid,
  type WrittenWebvhDid,
} from '../../src/did/webvh/index.ts'
import type { Signer } from '../../src/keys/index.ts'
import { judge, library, toLibrarySigner, verifier } from './webvh-library.ts'
import { loadVectors, type VectorCase } from '../support/vectors.ts'
import { createDid, documentOf, signers, START, verify } from './webvh-support.ts'

const [first, second, third, fourth] = (await signers(4)) as [Signer, Signer, Signer, Signer]

/** Both implementations take a log, and find the same version. */
async function expectBoth({ did, log, versionId }: WrittenWebvhDid, witness?: string): Promise<void> {
  const verified = await verify(did, log, witness)
  const { deactivated } = verified.parameters
  expect(verified.versions.at(-1)?.versionId).toBe(versionId)
  expect(await judge(did, log, witness)).toEqual({ versionId, deactivated })
}

async function approve(
  written: WrittenWebvhDid,
  by: readonly Signer[],
  current?: string,
  now = START + 50,
): Promise<string> {
  const { log } = written
  const approvals = await Promise.all(by.map((signer) => approveWebvhVersion({ log, signer, now })))
  return (await createWitnessFile({ log, approvals, now, ...(current !== undefined && { current }) })).body
}

describe('what is made here verifies in didwebvh-ts', () => {
  it('a DID, a new document, rotated keys', async () => {
    const made = await createDid(first)
    await expectBoth(made)
    const changed = await updateWebvhDid({
      log: made.log,
      signer: first,
      now: START + 1,
      document: (did) => documentOf(did, '#key-2'),
    })
    await expectBoth(changed)
    const rotated = await updateWebvhDid({
      log: changed.log,
      signer: first,
      now: START + 2,
      updateKeys: [second.publicJwk],
    })
    await expectBoth(rotated)
    await expectBoth(await updateWebvhDid({ log: rotated.log, signer: second, now: START + 3, ttl: 60 }))
  })

  it('pre-rotation, to its end', async () => {
    const made = await createDid(first, { nextKeys: [second.publicJwk, third.publicJwk] })
    await expectBoth(made)
    const rotated = await updateWebvhDid({
      log: made.log,
      signer: second,
      now: START + 1,
      nextKeys: [fourth.publicJwk],
    })
    await expectBoth(rotated)
    const ended = await updateWebvhDid({ log: rotated.log, signer: fourth, now: START + 2, nextKeys: [] })
    await expectBoth(ended)
    await expectBoth(await updateWebvhDid({ log: ended.log, signer: fourth, now: START + 3 }))
  })

  it('witnesses, changed and ended', async () => {
    const [one, two, three] = [second, third, fourth].map(({ publicJwk }) => didKeyFromJwk(publicJwk)) as [
      string,
      string,
      string,
    ]
    const made = await createDid(first, { witness: { threshold: 2, witnesses: [one, two, three] } })
    expect(made.approvers).toEqual({ threshold: 2, witnesses: [one, two, three] })
    const file = await approve(made, [second, fourth])
    await expectBoth(made, file)
    const changed = await updateWebvhDid({
      log: made.log,
      signer: first,
      now: START + 1,
      witness: { threshold: 1, witnesses: [two] },
    })
    // The old witnesses approve the change.
    expect(changed.approvers?.threshold).toBe(2)
    const fileAfter = await approve(changed, [second, third], file)
    await expectBoth(changed, fileAfter)
    const ended = await updateWebvhDid({ log: changed.log, signer: first, now: START + 2, witness: null })
    await expectBoth(ended, await approve(ended, [third], fileAfter))
  })

  it('a move', async () => {
    const made = await createDid(first, { portable: true, web: true })
    const moved = await updateWebvhDid({
      log: made.log,
      signer: first,
      now: START + 1,
      location: 'https://globex.example',
    })
    expect(moved.did).toBe(made.did.replace('acme.example:agents:invoices', 'globex.example'))
    await expectBoth(moved)
  })

  it('the end, with and without pre-rotation', async () => {
    const made = await createDid(first)
    const end = await deactivateWebvhDid({ log: made.log, signer: first, now: START + 1 })
    await expectBoth(end)
    const committed = await createDid(first, { nextKeys: [second.publicJwk] })
    await expectBoth(await deactivateWebvhDid({ log: committed.log, signer: second, now: START + 1 }))
  })

  it('the parallel did:web is what the library makes', async () => {
    const { did, document, files } = await createDid(first, { web: true })
    const body = files.find(({ path }) => path.endsWith('did.json'))?.body ?? ''
    const theirs = library.generateParallelDidWeb(did, document)
    const { service: ours, ...rest } = JSON.parse(body) as Record<string, unknown>
    const { service, ...others } = theirs
    expect(rest).toEqual(others)
    // The library names the services by fragments, and leaves out the slash at the end of `#files`.
    expect(ours).toHaveLength((service as unknown[]).length)
  })
})

describe('what didwebvh-ts makes verifies here', () => {
  const created = new Date((START - 100) * 1000).toISOString().replace('.000Z', 'Z')
  const updated = new Date((START - 50) * 1000).toISOString().replace('.000Z', 'Z')
  const keyOf = (signer: Signer): string => didKeyFromJwk(signer.publicJwk).slice('did:key:'.length)

  function make(options: object = {}) {
    return library.createDID({
      address: 'https://acme.example/agents/invoices',
      signer: toLibrarySigner(first),
      verifier,
      updateKeys: [keyOf(first)],
      verificationMethods: [
        { type: 'Multikey', publicKeyMultibase: keyOf(first), purpose: 'authentication' },
      ],
      created,
      ...options,
    })
  }
  const toText = (log: readonly unknown[]): string =>
    log.map((entry) => `${JSON.stringify(entry)}\n`).join('')

  it('a DID and a new document', async () => {
    const { did, log } = await make({ alsoKnownAsWeb: true })
    const next = await library.updateDID({
      log,
      signer: toLibrarySigner(first),
      verifier,
      updated,
      alsoKnownAs: ['https://acme.example'],
    })
    const verified = await verify(did, toText(next.log))
    expect(findWebvhVersion(verified).state).toMatchObject({ id: did, alsoKnownAs: ['https://acme.example'] })
    expect(verified.versions).toHaveLength(2)
  })

  it('pre-rotation and witnesses', async () => {
    const nextKeyHashes = [await library.deriveNextKeyHash(keyOf(second))]
    const witnesses = [third, fourth].map((signer) => ({ id: didKeyFromJwk(signer.publicJwk) }))
    const { did, log } = await make({ nextKeyHashes, witness: { threshold: 2, witnesses } })
    const bySigner = Object.fromEntries(
      [third, fourth].map((signer) => [didKeyFromJwk(signer.publicJwk), toLibrarySigner(signer)]),
    )
    const proofs = await library.signWitnessProofEntries([log[0]!.versionId], witnesses, bySigner, updated)
    await expect(verify(did, toText(log), JSON.stringify(proofs))).resolves.toMatchObject({ did })
    const next = await library.updateDID({
      log,
      signer: toLibrarySigner(second),
      verifier,
      updated,
      updateKeys: [keyOf(second)],
      nextKeyHashes: [],
      witness: { threshold: 2, witnesses },
      witnessProofs: proofs,
    })
    const all = await library.signWitnessProofEntries([next.log[1]!.versionId], witnesses, bySigner, updated)
    await expect(verify(did, toText(next.log), JSON.stringify(all))).resolves.toMatchObject({ did })
  })
})

interface LogCase extends VectorCase {
  readonly did: string
  readonly log: string
  readonly witness: string | null
}

const logs = loadVectors<LogCase>('did-webvh', 'logs')

it.skipIf(logs === undefined)(
  'both agree about all vectors',
  async () => {
    const short = (logs ?? []).filter(({ log }) => log.length < 100_000)
    expect(short.length).toBeGreaterThan(80)
    const verdicts = await Promise.all(
      short.map(async ({ id, did, log, witness }) => {
        const theirs = await judge(did, log, witness ?? undefined)
        const ours = await verify(did, log, witness ?? undefined).then(
          () => true,
          () => false,
        )
        return [id, !('refused' in theirs), ours]
      }),
    )
    expect(verdicts.filter(([, theirs, ours]) => theirs !== ours)).toEqual([])
  },
  60_000,
)
