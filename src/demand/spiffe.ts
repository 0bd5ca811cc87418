import type { SpiffeDemand } from './demand.ts'

/**
 * Whether one of the peer's SPIFFE IDs is of a demanded trust domain and path; where none was shown, whether none needs
 * to be.
 *
 * @param ids Proven SPIFFE IDs, `spiffe://…` in their one spelling.
 */
export function meetsSpiffe(
  { trustDomains, paths, svid = 'required' }: SpiffeDemand,
  ids: readonly string[],
): boolean {
  if (ids.length === 0) return svid === 'if-present'
  return ids.some((id) =>
    trustDomains.some((domain) => {
      const authority = `spiffe://${domain}`
      if (id !== authority && !id.startsWith(`${authority}/`)) return false
      return paths?.some((pattern) => matchesPath(pattern, id.slice(authority.length))) ?? true
    }),
  )
}

function matchesPath(pattern: string, path: string): boolean {
  const wanted = pattern.split('/')
  const segments = path.split('/')
  return (
    wanted.length === segments.length &&
    wanted.every((each, index) => (each === '*' ? segments[index] !== '' : each === segments[index]))
  )
}
