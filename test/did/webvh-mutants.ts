/**
 * Changes a log in one place. Whether the change matters is not said here.
 */
type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** What a mutant is made with: which way, and numbers that choose the places. */
export interface Recipe {
  readonly way: number
  readonly at: number
  readonly by: number
}

type Mutate = (text: string, other: string, recipe: Recipe) => string

const linesOf = (text: string): string[] => text.trimEnd().split('\n')
const toText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
const pick = (count: number, number: number): number => number % Math.max(1, count)

/** The places of all values below a value, as functions that replace them in a copy. */
function placesOf(value: Json): ((root: Json, change: (old: Json) => Json | undefined) => void)[] {
  const found: ReturnType<typeof placesOf> = []
  const visit = (node: Json, path: readonly string[]): void => {
    if (typeof node !== 'object' || node === null) return
    for (const name of Object.keys(node)) {
      const own = [...path, name]
      found.push((root, change) => {
        let parent = root as { [name: string]: Json }
        for (const step of path) parent = parent[step] as { [name: string]: Json }
        const changed = change(parent[name]!)
        if (changed !== undefined) parent[name] = changed
        else if (Array.isArray(parent)) parent.splice(Number(name), 1)
        else Reflect.deleteProperty(parent, name)
      })
      visit((node as { [name: string]: Json })[name]!, own)
    }
  }
  visit(value, [])
  return found
}

function otherValue(old: Json, by: number): Json {
  if (typeof old === 'boolean') return !old
  if (typeof old === 'number') return by % 2 === 0 ? old + 1 : String(old)
  if (typeof old !== 'string') return [null, {}, [], 'x', 0][by % 5]!
  const at = pick(old.length, by)
  const character = old[at] === 'a' ? 'b' : 'a'
  return [`${old.slice(0, at)}${character}${old.slice(at + 1)}`, old.slice(1), `${old}x`, null, ''][by % 5]!
}

function inMember(
  text: string,
  change: (old: Json) => Json | undefined,
  { at, by }: Recipe,
  isLog: boolean,
): string {
  const lines = isLog ? linesOf(text) : [text]
  const line = pick(lines.length, by)
  const value = JSON.parse(lines[line]!) as Json
  const places = placesOf(value)
  places[pick(places.length, at)]?.(value, change)
  lines[line] = JSON.stringify(value)
  return isLog ? toText(lines) : lines[0]!
}

function inByte(text: string, { at, by }: Recipe, replace: (old: string) => string): string {
  const place = pick(text.length, at * 7919 + by)
  return `${text.slice(0, place)}${replace(text[place] ?? '')}${text.slice(place + 1)}`
}

const printable = (by: number): string => String.fromCharCode(0x20 + (by % 95))

/** Ways to change a text that may be a log or any other JSON. */
const OF_ANY: readonly ((text: string, recipe: Recipe, isLog: boolean) => string)[] = [
  (text, recipe) =>
    inByte(text, recipe, (old) => (printable(recipe.by) === old ? '~' : printable(recipe.by))),
  (text, recipe) => inByte(text, recipe, () => ''),
  (text, recipe) =>
    inByte(text, recipe, (old) => String.fromCharCode((old.charCodeAt(0) ^ (1 << (recipe.by % 7))) & 0x7f)),
  (text, recipe, isLog) => inMember(text, (old) => otherValue(old, recipe.by), recipe, isLog),
  (text, recipe, isLog) => inMember(text, () => undefined, recipe, isLog),
]

/** Ways that only logs can be changed in. */
const OF_LOGS: readonly Mutate[] = [
  (text, _other, recipe) => inByte(text, recipe, (old) => `${printable(recipe.by)}${old}`),
  (text, _other, { at }) => {
    const lines = linesOf(text)
    return toText(lines.toSpliced(pick(lines.length, at), 1))
  },
  (text, _other, { at, by }) => {
    const lines = linesOf(text)
    const [a, b] = [pick(lines.length, at), pick(lines.length, by)]
    return toText(lines.with(a, lines[b]!).with(b, lines[a]!))
  },
  (text, _other, { at, by }) => {
    const lines = linesOf(text)
    return toText(lines.toSpliced(pick(lines.length + 1, at), 0, lines[pick(lines.length, by)]!))
  },
  (text, other, { at, by }) => {
    const [lines, others] = [linesOf(text), linesOf(other)]
    return toText(lines.toSpliced(pick(lines.length, at), by % 2, others[pick(others.length, by)]!))
  },
  (text, other, { at }) => toText([...linesOf(text).slice(0, 1 + pick(3, at)), ...linesOf(other).slice(1)]),
  (text, other, recipe) => {
    const [line, entry] = [JSON.parse(linesOf(text)[0]!), JSON.parse(linesOf(other)[0]!)] as [Json, Json]
    const names = ['versionId', 'versionTime', 'parameters', 'state', 'proof'] as const
    const name = names[pick(names.length, recipe.at)]!
    const mixed = { ...(line as object), [name]: (entry as { [name: string]: Json })[name] }
    return toText([JSON.stringify(mixed), ...linesOf(text).slice(1)])
  },
  (text, _other, recipe) => {
    // A member more, somewhere.
    return inMember(
      text,
      (old) =>
        typeof old === 'object' && old !== null && !Array.isArray(old)
          ? { ...old, ['__proto__x'.slice(0, 8 + (recipe.by % 3))]: 'x' }
          : [old],
      recipe,
      true,
    )
  },
  (text, _other, { at }) => text.slice(0, pick(text.length, at * 104_729)),
]

/** A changed log. */
export function mutateLog(text: string, other: string, recipe: Recipe): string {
  const way = recipe.way % (OF_ANY.length + OF_LOGS.length)
  const ofAny = OF_ANY[way]
  return ofAny === undefined ? OF_LOGS[way - OF_ANY.length]!(text, other, recipe) : ofAny(text, recipe, true)
}

/** A changed witness file: only such changes as cannot leave all proofs as they are. */
export function mutateFile(text: string, recipe: Recipe): string {
  return OF_ANY[recipe.way % OF_ANY.length]!(text, recipe, false)
}
