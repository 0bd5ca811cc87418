import { fileURLToPath } from 'node:url'
import type { ViteUserConfig } from 'vitest/config'

// Tests run on the sources: `#` imports lead to src, and not to what was last built.
const conditions = ['comity-source', 'module', 'node']

// The package's own subpaths, as benchmarks import them.
const sources = fileURLToPath(new URL('src/', import.meta.url))

// Doors that are a file beside an area's index.
const doors = { find: /^comity\/(spiffe\/[a-z-]+|zk\/prove)$/, replacement: `${sources}$1.ts` }

const config: ViteUserConfig = {
  resolve: {
    conditions,
    alias: [doors, { find: /^comity\/(.+)$/, replacement: `${sources}$1/index.ts` }],
  },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/interop/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
}

export default config
