import { Session, type Profiler } from 'node:inspector'

/** Which file a part of the time belongs to, from the most special pattern to the most general. */
const PLACES: readonly (readonly [RegExp, string])[] = [
  [/node_modules\/@noble\/curves/, '@noble/curves'],
  [/node_modules\/@noble\/hashes/, '@noble/hashes'],
  [/node_modules\/((?:@[^/]+\/)?[^/]+)/, ''],
  [/\/(?:dist|src)\/([^/]+)\//, 'comity/'],
  [/\/bench\//, 'bench'],
  [/^node:internal\/crypto/, 'node:crypto, Web Crypto'],
  [/^node:/, 'node'],
]

/**
 * Samples the main thread while something runs.
 *
 * @returns The share of the busy time that is spent in each place itself, the largest first. What native code does on
 *   the main thread is `(program)` or counts for its caller; what the thread pool does is not in it.
 */
export async function profile(work: () => Promise<void>): Promise<readonly (readonly [string, number])[]> {
  const session = new Session()
  session.connect()
  try {
    await post(session, 'Profiler.enable')
    await post(session, 'Profiler.start')
    await work()
    return sharesOf(await stop(session))
  } finally {
    session.disconnect()
  }
}

/** The share of each place in a profile's busy time. */
export function sharesOf(profiled: Profiler.Profile): readonly (readonly [string, number])[] {
  const nodes = new Map(profiled.nodes.map((node) => [node.id, node.callFrame]))
  const spent = new Map<string, number>()
  for (const [index, id] of (profiled.samples ?? []).entries()) {
    const frame = nodes.get(id)
    if (frame === undefined || frame.functionName === '(idle)') continue
    const place = placeOf(frame.functionName, frame.url)
    spent.set(place, (spent.get(place) ?? 0) + (profiled.timeDeltas?.[index] ?? 0))
  }
  const total = [...spent.values()].reduce((sum, each) => sum + each, 0)
  return [...spent]
    .map(([place, time]) => [place, time / total] as const)
    .sort(([, left], [, right]) => right - left)
    .filter(([, share]) => share >= 0.01)
}

function placeOf(functionName: string, url: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'built in'
  for (const [pattern, name] of PLACES) {
    const match = pattern.exec(url)
    if (match !== null) return match[1] === undefined ? name : `${name}${match[1]}`
  }
  return 'other'
}

function post(session: Session, method: string): Promise<void> {
  return new Promise((resolve, reject) => {
    session.post(method, (error) => {
      if (error === null) resolve()
      else reject(error)
    })
  })
}

function stop(session: Session): Promise<Profiler.Profile> {
  return new Promise((resolve, reject) => {
    session.post('Profiler.stop', (error, { profile: profiled }) => {
      if (error === null) resolve(profiled)
      else reject(error)
    })
  })
}
