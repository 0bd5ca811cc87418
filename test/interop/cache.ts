import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** Where programs are kept that take long to get: outside the checkout, so that a fresh clone finds them. */
export function cacheFolder(name: string): string {
  const configured = process.env['XDG_CACHE_HOME'] ?? ''
  const base = isAbsolute(configured) ? configured : join(homedir(), '.cache')
  return join(base, 'comity', name)
}
