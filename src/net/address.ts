import ipaddr from 'ipaddr.js'

/** What an IP address is to the guarded fetch: `refused` is everything that is neither of the other two. */
export type AddressClass = 'public' | 'loopback' | 'refused'

const GLOBAL_UNICAST: readonly [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3]

function classifyIpv4(text: string): AddressClass {
  const range = ipaddr.IPv4.parse(text).range()
  if (range === 'unicast') return 'public'
  return range === 'loopback' ? 'loopback' : 'refused'
}

function classifyIpv6(text: string): AddressClass {
  const address = ipaddr.IPv6.parse(text)
  if (address.zoneId !== undefined) return 'refused'
  const range = address.range()
  if (range === 'loopback') return 'loopback'
  // The second test also refuses what no range lists, such as the IPv4-compatible `::7f00:1`.
  return range === 'unicast' && address.match([...GLOBAL_UNICAST]) ? 'public' : 'refused'
}

/**
 * Says whether a connection to an IP address may be made.
 *
 * Refused are private, link-local, carrier-grade NAT, multicast, unspecified, reserved and documentation
 * addresses, those that carry an IPv4 address inside (mapped, compatible, NAT64, 6to4, Teredo), those with a
 * zone, and every spelling of an IPv4 address but four decimal numbers.
 *
 * @param text - An IP address without brackets.
 * @returns The class; text that is no IP address is `refused`.
 */
export function classifyAddress(text: string): AddressClass {
  // Octal and shortened spellings mean different addresses to different parsers: only one is let through.
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return classifyIpv4(text)
  if (text.includes(':') && ipaddr.IPv6.isValid(text)) return classifyIpv6(text)
  return 'refused'
}

/**
 * Says whether two texts name the same IP address, with IPv4-mapped IPv6 taken as IPv4.
 *
 * @returns `false` also where one of them is no IP address.
 */
export function isSameAddress(a: string, b: string): boolean {
  if (!ipaddr.isValid(a) || !ipaddr.isValid(b)) return false
  return ipaddr.process(a).toNormalizedString() === ipaddr.process(b).toNormalizedString()
}
