import type { IIdentifier, IService } from '@veramo/core'
import type { AbstractDIDStore } from '@veramo/did-manager'
import { isJsonObject, type JsonObject, type JsonValue } from '../../encoding/index.ts'
import type { Store } from '../../store/index.ts'
import type { MembersOf } from './members-of.ts'
import { readKey, toPublicKey } from './key-store.ts'
import { invalidRecord, openRecords, parseRecord, unknown } from './records.ts'

/** Keeps which keys and services the agent knows of each of its DIDs. */
export function createDidStore(store: Store): MembersOf<AbstractDIDStore> {
  const records = openRecords(store, 'did')
  const listDIDs: AbstractDIDStore['listDIDs'] = async ({ alias, provider }) => {
    const all = (await records.all()).map(readIdentifier)
    return all.filter(
      (each) =>
        (alias === undefined || each.alias === alias) &&
        (provider === undefined || each.provider === provider),
    )
  }
  return {
    listDIDs,
    importDID: async (identifier) => {
      const keys = identifier.keys.map(toPublicKey)
      await records.put(identifier.did, JSON.stringify({ ...identifier, keys }))
      return true
    },
    getDID: async ({ did, alias }: { did?: string; alias?: string }) => {
      const text = did === undefined ? undefined : await records.get(did)
      if (text !== undefined) return readIdentifier(text)
      const [identifier] = did === undefined && alias !== undefined ? await listDIDs({ alias }) : []
      if (identifier === undefined) throw unknown('DID')
      return identifier
    },
    deleteDID: async ({ did }) => records.remove(did),
  }
}

function readIdentifier(text: string): IIdentifier {
  const { did, provider, alias, controllerKeyId, keys, services } = parseRecord(text)
  if (typeof did !== 'string' || typeof provider !== 'string' || !isList(keys) || !isList(services))
    throw invalidRecord()
  if (!isOptionalText(alias) || !isOptionalText(controllerKeyId)) throw invalidRecord()
  return {
    did,
    provider,
    ...(alias !== undefined && { alias }),
    ...(controllerKeyId !== undefined && { controllerKeyId }),
    keys: keys.map(readKey),
    services: structuredClone(services) as unknown as IService[],
  }
}

function isList(value: JsonValue | undefined): value is readonly JsonObject[] {
  return Array.isArray(value) && value.every(isJsonObject)
}

function isOptionalText(value: JsonValue | undefined): value is string | undefined {
  return value === undefined || typeof value === 'string'
}
