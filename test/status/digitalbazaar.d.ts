/** What the tests use of it; the package has no types of its own. */
declare module '@digitalbazaar/vc-bitstring-status-list' {
  export interface BitstringStatusList {
    readonly length: number
    getStatus(index: number): boolean
    setStatus(index: number, status: boolean): void
    encode(): Promise<string>
  }
  export function createList(options: { readonly length: number }): Promise<BitstringStatusList>
  export function decodeList(options: { readonly encodedList: string }): Promise<BitstringStatusList>
  export function createCredential(options: {
    readonly id: string
    readonly list: BitstringStatusList
    readonly statusPurpose: string
  }): Promise<Record<string, never>>
  export function checkStatus(options: {
    readonly credential: object
    readonly documentLoader: (url: string) => Promise<{ readonly document: object }>
    readonly verifyBitstringStatusListCredential: boolean
  }): Promise<{
    readonly verified: boolean
    readonly error?: Error
    readonly results?: readonly { readonly status: boolean }[]
  }>
}
