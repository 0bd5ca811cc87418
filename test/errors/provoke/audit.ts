import { createAuditLog } from '../../../src/audit/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const audit = {
  COMITY_AUDIT_RECORD_INVALID: async () => {
    const store = createMemoryStore()
    await store.append('audit:main', '{}')
    await createAuditLog({ store }).read()
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
