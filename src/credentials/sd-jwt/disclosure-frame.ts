import { isJsonObject, type JsonObject, type JsonValue } from '../../encoding/index.ts'
import { isClaimsPath, type ClaimsPath } from './claims-path.ts'
import type { DisclosureFrame } from './library.ts'

/** A place in the claims, whether it is disclosed on its own, and what is below it. */
interface Branch {
  disclosed: boolean
  readonly below: Map<string | number, Branch>
}

/**
 * Says which claims get disclosures of their own.
 *
 * @param claims - All claims.
 * @param paths - Which of them the holder may keep; `null` in a path stands for every element of an array.
 * @param decoys - How many digests of nothing are added at the top.
 * @returns Undefined where there is nothing to replace.
 * @throws {TypeError} When a path is none, or leads nowhere.
 */
export function disclosureFrame(
  claims: JsonObject,
  paths: readonly ClaimsPath[],
  decoys: number,
): DisclosureFrame | undefined {
  const root = createBranch()
  for (const path of paths) {
    if (!isClaimsPath(path)) throw new TypeError('a path of options.disclosable is not a claims path')
    if (!grow(root, claims, path)) throw new TypeError('a path of options.disclosable leads nowhere')
  }
  const frame = toFrame(root)
  return decoys === 0 ? frame : { ...frame, _sd_decoy: decoys }
}

function createBranch(): Branch {
  return { disclosed: false, below: new Map() }
}

/** Marks the ends of a path. */
function grow(branch: Branch, value: JsonValue, path: ClaimsPath): boolean {
  const [step, ...rest] = path
  if (step === undefined) {
    branch.disclosed = true
    return true
  }
  const steps = stepsFrom(value, step)
  for (const [name, inner] of steps) {
    const next = branch.below.get(name) ?? createBranch()
    branch.below.set(name, next)
    if (!grow(next, inner, rest)) return false
  }
  return steps.length > 0
}

function stepsFrom(value: JsonValue, step: string | number | null): readonly [string | number, JsonValue][] {
  if (typeof step === 'string') {
    const inner = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
    return inner === undefined ? [] : [[step, inner]]
  }
  if (!Array.isArray(value)) return []
  const elements = [...(value as readonly JsonValue[]).entries()]
  return step === null ? elements : elements.filter(([index]) => index === step)
}

function toFrame({ below }: Branch): DisclosureFrame | undefined {
  const disclosed = [...below].filter(([, branch]) => branch.disclosed).map(([name]) => name)
  const frame: Record<string, DisclosureFrame | readonly (string | number)[]> = {}
  for (const [name, branch] of below) {
    const inner = toFrame(branch)
    if (inner !== undefined) frame[name] = inner
  }
  if (disclosed.length > 0) frame['_sd'] = disclosed
  return Object.keys(frame).length === 0 ? undefined : frame
}
