import type { Driver, VectorCase, VectorFile, Verdict } from '../verdict.ts'

/** How the cases of one file are judged, and the members that they have. */
export interface Kind {
  readonly has: readonly string[]
  /** Other members, one set of which will do. */
  readonly or?: readonly string[]
  readonly judge: (entry: VectorCase, file: VectorFile) => Verdict | Promise<Verdict>
}

/**
 * Judges the cases of a topic by the name of their file where it is a known one and the case is of its shape, and by the
 * shape of the case otherwise: the first kind that has all its members is taken. A case in a known file that fits no
 * kind lacks something, and is judged as one of that file.
 */
export function byShape(kinds: Readonly<Record<string, Kind>>): Driver {
  return (entry, file) => {
    const named = Object.hasOwn(kinds, file.name) ? kinds[file.name] : undefined
    const fitting = Object.values(kinds).find((kind) => fits(kind, entry))
    const kind = named !== undefined && fits(named, entry) ? named : (fitting ?? named)
    return kind === undefined ? { outcome: 'skip', rule: 'unknown-file' } : kind.judge(entry, file)
  }
}

function fits({ has, or }: Kind, entry: VectorCase): boolean {
  const all = (members: readonly string[]): boolean => members.every((member) => Object.hasOwn(entry, member))
  return all(has) || (or !== undefined && all(or))
}
