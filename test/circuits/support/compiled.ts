import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile, SOURCE, versions } from '../../../circuits/compile.mjs'

/** Where compiled circuits are kept between runs. */
export const CACHE: string = fileURLToPath(new URL('../../../.cache/circuits/', import.meta.url))

/** The files of a compiled circuit. */
export interface CompiledFiles {
  readonly r1cs: string
  readonly sym: string
  readonly wasm: string
}

/** Compiles the circuit in a folder, or takes what an earlier run has compiled of the same sources (half a minute). */
export async function compiledCircuit(source: string = SOURCE): Promise<CompiledFiles> {
  const hash = createHash('sha256').update(JSON.stringify(versions))
  for (const name of (await readdir(source)).sort()) {
    hash.update(name).update('\0').update(await readFile(join(source, name))).update('\0')
  }
  const folder = join(CACHE, hash.digest('hex').slice(0, 32))
  if (!(await isThere(folder))) {
    await mkdir(CACHE, { recursive: true })
    const building = await mkdtemp(join(CACHE, 'building-'))
    try {
      await compile(building, source)
    } catch (error) {
      await rm(building, { recursive: true })
      throw error
    }
    // Another run may have been first: then its files are as good.
    await rename(building, folder).catch(() => rm(building, { recursive: true }))
  }
  const [r1cs, sym, wasm] = ['main.r1cs', 'main.sym', 'main_js/main.wasm'].map((name) => join(folder, name))
  return { r1cs: r1cs!, sym: sym!, wasm: wasm! }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
