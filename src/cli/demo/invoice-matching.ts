import { readdirSync, readFileSync } from 'node:fs'
import { parseJsonObject } from '../../encoding/index.ts'

/** One line of an order, a receipt or an invoice; money is in decimal text, such as `21.40`. */
export interface DocumentLine {
  readonly line: number
  readonly sku: string
  readonly quantity: number
  readonly unitPrice?: string
}

/** A purchase order, goods receipt or invoice, as in `fixtures/demo`. */
export interface TradeDocument {
  readonly id: string
  readonly period?: string
  /** The purchase order that a receipt or invoice is for. */
  readonly order?: string
  readonly total?: string
  readonly lines: readonly DocumentLine[]
}

/** The documents of one kind, by their id. */
export type TradeDocuments = ReadonlyMap<string, TradeDocument>

/** What Globex's accounts are made of. */
export interface Accounts {
  readonly invoices: TradeDocuments
  readonly orders: TradeDocuments
  readonly receipts: TradeDocuments
}

/** What was invoiced in a line, against what was ordered or received. */
export interface LineDifference {
  readonly line: number
  readonly sku: string
  readonly field: 'unitPrice' | 'quantity' | 'order'
  readonly invoiced: string
  readonly expected: string
}

/** The outcome of a three-way match. */
export interface MatchReport {
  readonly invoice: string
  readonly matched: boolean
  /** One entry for each line that differs. */
  readonly differences: readonly LineDifference[]
}

const FOLDER = new URL('../../../fixtures/demo/', import.meta.url)

/** Reads the sample documents that come with the package. */
export function loadAccounts(): Accounts {
  return { invoices: load('invoices'), orders: load('orders'), receipts: load('receipts') }
}

function load(kind: string): TradeDocuments {
  const folder = new URL(`${kind}/`, FOLDER)
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  const documents = names.map(
    (name) => parseJsonObject(readFileSync(new URL(name, folder))) as unknown as TradeDocument,
  )
  return new Map(documents.map((document) => [document.id, document]))
}

/** Matches an invoice against its order (prices) and the goods received (quantities). */
export function matchInvoice(invoice: TradeDocument, { orders, receipts }: Accounts): MatchReport {
  const order = orders.get(invoice.order ?? '')
  const received = [...receipts.values()].filter((receipt) => receipt.order === invoice.order)
  const differences = invoice.lines.flatMap(({ line, sku, quantity, unitPrice = '' }): LineDifference[] => {
    const ordered = order?.lines.find((candidate) => candidate.sku === sku)
    if (ordered === undefined) return [{ line, sku, field: 'order', invoiced: sku, expected: 'none' }]
    const arrived = received
      .flatMap((receipt) => receipt.lines)
      .filter((candidate) => candidate.sku === sku)
      .reduce((sum, candidate) => sum + candidate.quantity, 0)
    const price: LineDifference = {
      line,
      sku,
      field: 'unitPrice',
      invoiced: unitPrice,
      expected: ordered.unitPrice ?? '',
    }
    const count: LineDifference = {
      line,
      sku,
      field: 'quantity',
      invoiced: String(quantity),
      expected: String(arrived),
    }
    return [...(price.invoiced === price.expected ? [] : [price]), ...(quantity === arrived ? [] : [count])]
  })
  return { invoice: invoice.id, matched: differences.length === 0, differences }
}
