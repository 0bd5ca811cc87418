import type { ViteUserConfig } from 'vitest/config'

// Tests run on the sources: `#` imports lead to src, and not to what was last built.
const conditions = ['comity-source', 'module', 'node']

const config: ViteUserConfig = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/interop/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
}

export default config
