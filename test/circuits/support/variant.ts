import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SOURCE } from '../../../circuits/compile.mjs'
import { CACHE, compiledCircuit, type CompiledFiles } from './compiled.ts'

/** A change of one source file: this text, which is there once, becomes another. */
export interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** Compiles the circuit with changes; they count for the cache, so that it is done once. */
export async function compiledVariant(edits: readonly Edit[]): Promise<CompiledFiles> {
  await mkdir(CACHE, { recursive: true })
  const folder = await mkdtemp(join(CACHE, 'variant-'))
  try {
    await cp(SOURCE, folder, { recursive: true })
    for (const { file, from, to } of edits) {
      const text = await readFile(join(folder, file), 'utf8')
      if (text.split(from).length !== 2) throw new Error(`${file} does not have this text once: ${from}`)
      await writeFile(join(folder, file), text.replace(from, () => to))
    }
    return await compiledCircuit(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The policy alone, with its digest as the public signal: the part that claims and predicates are for, and quick. */
export async function compiledPolicy(): Promise<CompiledFiles> {
  return compiledVariant([
    { file: 'main.circom', from: 'include "compliance.circom"', to: 'include "policy.circom"' },
    { file: 'main.circom', from: 'Compliance(32, 16, 8, 17)', to: 'Policy(32, 16)' },
  ])
}
