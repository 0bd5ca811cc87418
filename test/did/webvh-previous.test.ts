import { describe, expect, it } from 'vitest'
import { findWebvhVersion, verifyWebvhLog } from '../../src/did/webvh/index.ts'
import type { Signer } from '../../src/keys/index.ts'
import { forgeFirst, forgeNext } from './webvh-forge.ts'
import { refusalOf, signers, START, verify } from './webvh-support.ts'

const [signer, other] = (await signers(2)) as [Signer, Signer]
const first = await forgeFirst({ signer })

describe('what was verified before', () => {
  it('is gone on from byte by byte, and not taken for what it is not', async () => {
    const two = await forgeNext(first, { signer })
    const three = await forgeNext(two, { signer })
    const previous = await verify(first.did, two.log)
    expect(await verify(first.did, two.log, undefined, previous)).toBe(previous)
    const extended = await verify(first.did, three.log, undefined, previous)
    const whole = await verify(first.did, three.log)
    expect(extended).toEqual(whole)
    for (const version of [0, 1, 2]) {
      expect(findWebvhVersion(extended, { versionNumber: version + 1 })).toEqual(
        findWebvhVersion(whole, { versionNumber: version + 1 }),
      )
    }
    // What is known lacks its last newline.
    const open = await verify(first.did, two.log.trimEnd())
    await expect(verify(first.did, three.log, undefined, open)).resolves.toEqual(whole)
    expect(await refusalOf(verify(first.did, `${two.log.trimEnd()} x\n`, undefined, open))).toBe(
      'COMITY_DID_LOG_MALFORMED',
    )
    const changed = three.log.replace('key-1', 'key-9')
    expect(await refusalOf(verify(first.did, changed, undefined, previous))).toMatch(/^COMITY_DID_LOG_/)
  })

  it('counts for its own DID, under a clock that goes on, and only when it was made here', async () => {
    const stranger = await forgeFirst({ signer: other })
    const previous = await verify(stranger.did, stranger.log)
    await expect(verify(first.did, first.log, undefined, previous)).resolves.toMatchObject({ did: first.did })
    const own = await verify(first.did, first.log)
    const early = verifyWebvhLog(first.did, { log: first.log, now: START - 1000, previous: own })
    expect(await refusalOf(early)).toBe('COMITY_DID_LOG_TIME')
    await expect(verify(first.did, first.log, undefined, { ...own })).rejects.toThrow(TypeError)
  })

  it('cannot be changed through the bytes that were passed in', async () => {
    const bytes = new TextEncoder().encode(first.log)
    const verified = await verify(first.did, bytes)
    bytes.fill(0)
    expect(findWebvhVersion(verified).state['id']).toBe(first.did)
  })
})

describe('versions', () => {
  it.each([
    [{ versionId: first.versionId, versionNumber: 1 }, 'COMITY_DID_INVALID'],
    [{ versionNumber: 1.5 }, 'COMITY_DID_INVALID'],
    [{ versionTime: 'yesterday' }, 'COMITY_DID_INVALID'],
    [{ versionTime: '2026-11-23T00:00:00Z' }, 'COMITY_DID_NOT_FOUND'],
    [{ versionNumber: 0 }, 'COMITY_DID_NOT_FOUND'],
  ])('%o', async (query, code) => {
    const log = await verify(first.did, first.log)
    expect(() => findWebvhVersion(log, query)).toThrow(expect.objectContaining({ code }))
  })
})
