import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Says whether the Go toolchain is there. */
export async function hasGo(): Promise<boolean> {
  try {
    await promisify(execFile)('go', ['version'], { timeout: 60_000 })
    return true
  } catch {
    return false
  }
}
