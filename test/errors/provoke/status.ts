import type { StatusPurpose } from '../../../src/credentials/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { decodeStatusList } from '../../../src/status/index.ts'
import { createStatusWorld, publishTokenList, TOKEN_URL_1 } from '../../status/world.ts'

async function checkAfterSetting(purpose: StatusPurpose): Promise<void> {
  const { allocate, publish, check, publisher } = await createStatusWorld()
  const [entry] = await allocate(purpose)
  await publisher.set(entry, true)
  await publish()
  await check([entry])
}

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const status = {
  COMITY_STATUS_LIST_INVALID: () => decodeStatusList('u'),
  COMITY_STATUS_REVOKED: () => checkAfterSetting('revocation'),
  COMITY_STATUS_SUSPENDED: () => checkAfterSetting('suspension'),
  COMITY_STATUS_UNKNOWN: async () => {
    const world = await createStatusWorld()
    await publishTokenList(world, [3])
    await world.checker.check({
      entries: [{ type: 'TokenStatusList', uri: TOKEN_URL_1, idx: 0 }],
      issuer: world.issuer.did,
      now: world.clock.now(),
    })
  },
  COMITY_STATUS_UNAVAILABLE: async () => {
    const { allocate, check } = await createStatusWorld()
    await check(await allocate('revocation'))
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
