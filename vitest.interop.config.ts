import type { ViteUserConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** Tests against other implementations and runtimes: slow, and apart from `npm test`. */
const config: ViteUserConfig = {
  ...base,
  test: {
    include: ['test/interop/**/*.test.ts'],
    passWithNoTests: true,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
}

export default config
