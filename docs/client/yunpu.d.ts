// Types of yunpu.js. Money is in fen, times are RFC 3339 in UTC. The whole interface, with every
// problem code, is GET /v1/openapi.json; fields may be added to any answer.

export type Fen = number
export type Time = string

export interface Items<T> { items: T[] }
export interface Page<T> extends Items<T> { next_cursor?: string | null }
export interface PageQuery { limit?: number; cursor?: string }

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  request_id: string
  errors?: { field: string; message: string }[]
  [more: string]: unknown
}

export class YunpuError extends Error {
  /** HTTP status; 0 where no answer came. */
  status: number
  /** For a switch: `sold_out`, `quote_changed`, ... ; `network` where no answer came. */
  code: string
  errors: { field: string; message: string }[]
  requestId?: string
  /** Seconds that the shop asks to wait, where it does; longer than `longestPauseMs` is not waited. */
  retryAfter?: number
  problem: Problem | null
}

export interface Customer { id: string; is_new: boolean }
export interface Session { access: string; refresh: string; until: number; customer: Customer }
export interface Profile {
  id: string; nickname: string; avatar_url: string; phone_masked: string | null; created_at: Time
}
export interface Recipient {
  name: string; phone: string; province: string; city: string; district: string; detail: string
}
export interface AddressBody extends Recipient { is_default?: boolean }
export interface Address extends Recipient { id: string; is_default: boolean }
export interface Consent { policy: string; version: string; granted: boolean; recorded_at: Time }
export type MessageKind =
  'paid' | 'shipped' | 'signed' | 'receipt_ending' | 'refunded' | 'closed' | 'coupon_ending'

export interface Category {
  id: string; name: string; parent_id: string | null; image_url: string; sort: number
}
export interface ProductSummary {
  id: string; title: string; subtitle: string; primary_image_url: string
  min_price_fen: Fen; max_price_fen: Fen; list_price_fen: Fen
  sold_count: number; in_stock: boolean; tags: string[]
}
export interface Sku {
  id: string; spec_values: string[]; price_fen: Fen; list_price_fen: Fen; image_url: string
  available: number; on_sale: boolean
}
export interface Product extends ProductSummary {
  images: string[]; video_url: string | null; description: string; category_ids: string[]
  specs: { name: string; values: string[] }[]; skus: Sku[]
}
export interface ProductQuery extends PageQuery {
  category?: string; q?: string
  sort?: 'default' | 'newest' | 'price_asc' | 'price_desc' | 'sales'
}
export interface FlashSale {
  id: string; title: string; sku_id: string; product_id: string; price_fen: Fen
  starts_at: Time; ends_at: Time; per_customer_limit: number
  status: 'scheduled' | 'running' | 'sold_out' | 'ended'; server_time: Time
}

export interface Wanted { sku_id: string; quantity: number }
export interface CartLine extends Wanted {
  selected: boolean; title: string; spec: string; image_url: string; price_fen: Fen
  available: number
  state: 'ok' | 'off_sale' | 'sold_out' | 'insufficient'
}
export interface Cart { items: CartLine[]; selected_total_fen: Fen; version: number }
export interface QuoteBody {
  items: Wanted[]; from_cart?: boolean; address_id?: string
  coupon_claim_id?: string; freight_coupon_claim_id?: string
}
export interface Amounts {
  goods_total_fen: Fen; discount_total_fen: Fen; freight_fen: Fen; payable_fen: Fen
}
export interface QuoteLine extends Wanted {
  title: string; spec: string; image_url: string
  unit_price_fen: Fen; discount_fen: Fen; payable_fen: Fen
}
export interface CouponSaving {
  claim_id: string; discount_fen: Fen; usable: boolean
  reason:
    'below_threshold' | 'expired' | 'held' | 'not_stackable' | 'not_started' | 'out_of_scope' | 'used'
    | null
}
export interface QuoteProblem {
  code:
    'address_needed' | 'area_not_served' | 'coupon_unusable' | 'insufficient_stock' | 'off_sale'
    | 'purchase_limit' | 'sold_out'
  sku_id?: string | null
}
export interface Quote extends Amounts {
  quote_token: string | null; expires_at: Time | null
  lines: QuoteLine[]; coupons: CouponSaving[]
  /** The claims that save most together, and how much. */
  best: { claim_ids: string[]; saves_fen: Fen }
  problems: QuoteProblem[]
}

/** What wx.requestPayment takes. */
export interface Payment {
  timeStamp: string; nonceStr: string; package: string; signType: string; paySign: string
}
export type OrderStatus = 'TO_PAY' | 'CLOSING' | 'TO_SHIP' | 'TO_RECEIVE' | 'DONE' | 'CLOSED'
export type OrderFilter = 'TO_PAY' | 'TO_SHIP' | 'TO_RECEIVE' | 'DONE' | 'CLOSED'
export interface Refund {
  refund_no: string; amount_fen: Fen; requested_at: Time
  status: 'REQUESTED' | 'PENDING' | 'PROCESSING' | 'SUCCESS' | 'ABNORMAL' | 'CLOSED' | 'REFUSED'
}
export interface OrderLine extends QuoteLine { line_id: string }
/** An order in a list; `order(order_no)` is the whole of it. */
export interface OrderSummary {
  order_no: string; status: OrderStatus; lines: OrderLine[]; payable_fen: Fen; actions: string[]
  created_at: Time; pay_before: Time
}
export interface OrderCounts {
  to_pay: number; to_ship: number; to_receive: number; done: number; closed: number
}
export interface Order {
  order_no: string; status: OrderStatus; remark: string; actions: string[]
  lines: OrderLine[]; amounts: Amounts; address: Recipient
  created_at: Time; pay_before: Time; paid_at: Time | null; shipped_at: Time | null
  closed_at: Time | null; close_reason: 'buyer' | 'expired' | 'staff' | 'refunded' | null
  refunds: Refund[]
}
export interface Placed { order: Order; payment?: Payment | null }
export interface Ticket {
  ticket: string; valid_from: Time; expires_at: Time; freight_fen: Fen; payable_fen: Fen
}
export interface Shipment {
  company: string; company_name: string; tracking_no: string; state: string | null
  lines: OrderLine[]; events: { time: Time; text: string; area: string }[]
  updated_at: Time; stale: boolean
}
/** Either `valid_from` and `valid_until` are set, or `valid_days` from the claim on. */
export interface Coupon {
  id: string; title: string; kind: 'amount' | 'percent' | 'freight'; threshold_fen: Fen
  amount_fen: Fen; percent_off: number; cap_fen: Fen; scope: CouponScope
  claim_starts_at: Time; claim_ends_at: Time
  valid_from: Time | null; valid_until: Time | null; valid_days: number | null
  per_customer: number; obtained: 'claim' | 'code' | 'first_order' | 'gift'
  new_customers_only: boolean; exclusive_with: CouponExclusive[]; returns_on_full_refund: boolean
}
export interface CouponScope {
  type: 'all' | 'categories' | 'products'; ids: string[]
  but_products: string[]; but_categories: string[]
}
export type CouponExclusive = 'campaigns' | 'coupons'
export interface ClaimableCoupon extends Coupon { remaining_hint: number; claimed_by_me: boolean }
export type ClaimStatus = 'UNUSED' | 'HELD' | 'USED' | 'EXPIRED'
export interface Claim {
  claim_id: string; coupon: Coupon; status: ClaimStatus
  valid_from: Time; valid_until: Time
}

export interface Sent {
  method: string; url: string; headers: Record<string, string>; body?: unknown; timeoutMs: number
}
export interface Answer { status: number; headers: Record<string, string>; body: any }

export interface Options {
  baseUrl: string
  /** A fresh code of wx.login; needed outside WeChat only. */
  code?: () => Promise<string>
  /** How a request is made; wx.request or fetch unless told. Rejects where no answer came. */
  send?: (request: Sent) => Promise<Answer>
  /** Where the sign-in is kept; the mini-program's storage or memory unless told. */
  storage?: { get(): Session | null; set(session: Session | null): unknown }
  sleep?: (ms: number) => Promise<unknown>
  random?: () => number
  now?: () => number
  attempts?: number
  firstPauseMs?: number
  longestPauseMs?: number
  timeoutMs?: number
}

export interface CallOptions {
  query?: object
  body?: unknown
  /** The route wants an Idempotency-Key; one is made and kept over repetitions. */
  key?: boolean
  /** A key of one's own, to go on after a restart of the app. */
  idempotencyKey?: string
  /** Whether sending it twice has one effect; true for all but POST without a key. */
  repeatable?: boolean
  /** false: without a sign-in. */
  auth?: boolean
}

export interface Client {
  call(method: string, path: string, how?: CallOptions): Promise<any>
  each<T, Q>(list: (query: Q & PageQuery) => Promise<Page<T>>, query?: Q): AsyncGenerator<T>
  signIn(): Promise<Session>
  signOut(how?: { everywhere?: boolean }): Promise<void>
  readonly customer: Customer | null

  me(): Promise<Profile>
  changeMe(changes: { nickname?: string; avatar_url?: string }): Promise<Profile>
  setPhone(body: { code: string } | { phone: string }): Promise<Profile>
  addresses(query?: PageQuery): Promise<Page<Address>>
  addAddress(body: AddressBody): Promise<Address>
  changeAddress(id: string, body: AddressBody): Promise<Address>
  removeAddress(id: string): Promise<null>
  consents(): Promise<Items<Consent>>
  consent(policy: string, body: { version: string; granted: boolean }): Promise<Consent>
  exportMe(): Promise<unknown>
  eraseMe(): Promise<void>

  categories(): Promise<Items<Category>>
  products(query?: ProductQuery): Promise<Page<ProductSummary>>
  product(id: string): Promise<Product>
  search(q: string, query?: ProductQuery): Promise<Page<ProductSummary>>
  suggestions(q: string): Promise<Items<string>>
  hotWords(): Promise<Items<string>>
  searches(): Promise<Items<string>>
  forgetSearches(): Promise<null>
  flashSales(query?: PageQuery): Promise<Page<FlashSale>>
  flashSale(id: string): Promise<FlashSale>

  cart(): Promise<Cart>
  setCartLine(skuId: string, body: { quantity: number; selected?: boolean }): Promise<Cart>
  removeCartLine(skuId: string): Promise<Cart>
  mergeCart(items: Wanted[]): Promise<Cart>
  quote(body: QuoteBody): Promise<Quote>

  placeOrder(quoteToken: string, remark?: string): Promise<Placed>
  flashTicket(saleId: string, body: { quantity: number; address_id: string }): Promise<Ticket>
  placeFlashOrder(saleId: string, ticket: string): Promise<Placed>
  orders(query?: PageQuery & { status?: OrderFilter }): Promise<Page<OrderSummary>>
  orderCounts(): Promise<OrderCounts>
  order(no: string): Promise<Order>
  payment(no: string): Promise<Placed>
  cancelOrder(no: string): Promise<Order>
  confirmReceipt(no: string): Promise<Order>
  requestRefund(
    no: string,
    body: { lines: { line_id: string; quantity: number }[]; reason: string; description?: string }
  ): Promise<Refund>
  shipments(no: string): Promise<Items<Shipment>>

  coupons(query?: PageQuery): Promise<Page<ClaimableCoupon>>
  claimCoupon(id: string): Promise<Claim>
  exchangeCoupon(code: string): Promise<Claim>
  myCoupons(query?: PageQuery & { status?: ClaimStatus }): Promise<Page<Claim>>
  subscribe(
    template: MessageKind, accepted: boolean
  ): Promise<{ template: MessageKind; left: number }>
}

export function createClient(options: Options): Client
/** Resolves to false where the shopper turned back. Mini-programs only. */
export function requestPayment(payment: Payment): Promise<boolean>
