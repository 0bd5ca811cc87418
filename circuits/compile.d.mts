export declare const SOURCE: string
export declare const BUILD: string
export declare const versions: Readonly<Record<string, string>>
export declare function sha256(bytes: Uint8Array): string
export interface Compiled {
  r1cs: string
  wasm: string
  sym: string
  r1csHash: string
  constraints: number
  wires: number
}
export declare function compile(folder: string, source?: string): Promise<Compiled>
