'use strict'
/**
 * The shop's client for WeChat mini-programs and everything else that has `wx.request` or `fetch`.
 * No dependencies; ES2018, so that old base libraries run it. The types are in `yunpu.d.ts`.
 *
 * A shopper's network fails all the time, so every call is sent again by itself where that is
 * safe: reads, and writes whose repetition has one effect by the shop's contract (an
 * `Idempotency-Key`, made once per call; an order made from one token).
 */

const RETRYABLE = [429, 500, 502, 503, 504]
// A server believes for a second that a sale is sold out; a repeat after it is sure to be recognised.
const FLASH_PAUSE_MS = 1100
const REFRESH_EARLY_MS = 30000
const CACHED_PAGES = 50

/** What the shop refused, or `status` 0 where no answer came. `message` may be shown to a shopper. */
class YunpuError extends Error {
  constructor(status, problem, cause, retryAfter) {
    super((problem && problem.detail) || '网络异常，请稍后再试')
    this.name = 'YunpuError'
    this.status = status
    this.code = (problem && problem.code) || (status ? 'unexpected_answer' : 'network')
    this.errors = (problem && problem.errors) || []
    this.requestId = problem && problem.request_id
    this.problem = problem || null
    this.retryAfter = retryAfter
    this.cause = cause
  }
}

function createClient(options) {
  const settings = Object.assign(
    {
      send: defaultSend(),
      code: defaultCode,
      storage: defaultStorage(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      random: Math.random,
      now: Date.now,
      attempts: 4,
      firstPauseMs: 300,
      longestPauseMs: 8000,
      timeoutMs: 20000,
    },
    options
  )
  const base = settings.baseUrl.replace(/\/+$/, '')
  const pages = new Map()
  let session = settings.storage.get() || null
  let renewing = null

  function keep(tokens) {
    session = tokens && {
      access: tokens.access_token,
      refresh: tokens.refresh_token,
      until: settings.now() + tokens.expires_in * 1000,
      customer: tokens.customer,
    }
    settings.storage.set(session)
    return session
  }

  /** One answer, asked for again while that may help. `body` as a function is made anew each time. */
  async function exchange(method, path, { query, body, headers, repeatable, attempts, leastPauseMs }) {
    const most = repeatable ? attempts || settings.attempts : 1
    for (let attempt = 1; ; attempt += 1) {
      let answer, failure
      try {
        answer = await settings.send({
          method,
          url: base + path + queryText(query),
          headers: headers,
          body: typeof body === 'function' ? await body() : body,
          timeoutMs: settings.timeoutMs,
        })
      } catch (cause) {
        failure = cause
      }
      const again =
        failure ||
        (RETRYABLE.indexOf(answer.status) >= 0 &&
          !(secondsAsked(answer) * 1000 > settings.longestPauseMs))
      if (!again || attempt >= most) {
        if (failure) throw new YunpuError(0, null, failure)
        return answer
      }
      await settings.sleep(Math.max(pause(attempt, answer), leastPauseMs || 0))
    }
  }

  function pause(attempt, answer) {
    const told = answer && secondsAsked(answer)
    if (told > 0) return told * 1000
    const most = Math.min(settings.firstPauseMs * 2 ** (attempt - 1), settings.longestPauseMs)
    return settings.random() * most
  }

  function signIn() {
    return once(signInAnew)
  }

  async function signInAnew() {
    // A code of wx.login works once, so each attempt brings its own.
    const body = async () => ({ code: await settings.code() })
    return keep(accepted(await exchange('POST', '/v1/login', { body, repeatable: true })))
  }

  function renew() {
    return once(async () => {
      if (session) {
        // A refresh token that is sent twice within a minute is answered twice.
        const body = { refresh_token: session.refresh }
        const answer = await exchange('POST', '/v1/login/refresh', { body, repeatable: true })
        if (answer.status === 200) {
          const customer = session.customer
          return keep(Object.assign({ customer }, answer.body))
        }
        if (answer.status !== 401) accepted(answer)
      }
      return signInAnew()
    })
  }

  /** Concurrent calls share one sign-in: two refreshes at once would spend two tokens. */
  function once(work) {
    if (!renewing) {
      const done = () => {
        renewing = null
      }
      renewing = work()
      renewing.then(done, done)
    }
    return renewing
  }

  async function bearer() {
    const fresh = session && session.until - settings.now() >= REFRESH_EARLY_MS
    return 'Bearer ' + (fresh ? session : await renew()).access
  }

  /**
   * Call any route.
   * @param {string} method
   * @param {string} path beginning with /v1
   * @param {{query?, body?, key?: boolean, repeatable?: boolean, auth?: boolean}} how
   */
  async function call(method, path, how = {}) {
    const headers = {}
    if (how.key) headers['idempotency-key'] = how.idempotencyKey || freshKey(settings.random)
    const repeatable = how.repeatable === undefined ? method !== 'POST' || !!how.key : how.repeatable
    const given = Object.assign({}, how, { headers, repeatable })
    if (how.auth === false) return accepted(await exchange(method, path, given))
    headers.authorization = await bearer()
    let answer = await exchange(method, path, given)
    // Signed out meanwhile, nobody is to be signed in by what was still under way.
    if (answer.status === 401 && session) {
      // The token ended early (a sign-out elsewhere, new keys); a 401 has changed nothing.
      if (headers.authorization === 'Bearer ' + session.access) session.until = 0
      headers.authorization = await bearer()
      answer = await exchange(method, path, given)
    }
    return accepted(answer)
  }

  /** A page that everybody sees, kept with its ETag: unchanged ones are not sent again. */
  async function page(path, query) {
    const name = path + queryText(query)
    const known = pages.get(name)
    const headers = known ? { 'if-none-match': known.etag } : {}
    const answer = await exchange('GET', path, { query, headers, repeatable: true })
    if (answer.status === 304 && known) return known.body
    const body = accepted(answer)
    if (answer.headers.etag) {
      if (pages.size >= CACHED_PAGES) pages.delete(pages.keys().next().value)
      pages.set(name, { etag: answer.headers.etag, body })
    }
    return body
  }

  /** All items of a list, page after page, as an async iterator. */
  async function* each(list, query) {
    let cursor
    do {
      const got = await list(Object.assign({}, query, cursor && { cursor }))
      yield* got.items
      cursor = got.next_cursor
    } while (cursor)
  }

  const order = (no) => '/v1/orders/' + encodeURIComponent(no)
  const sale = (id) => '/v1/flash-sales/' + encodeURIComponent(id)
  const line = (id) => '/v1/cart/items/' + encodeURIComponent(id)
  const address = (id) => '/v1/me/addresses/' + encodeURIComponent(id)
  // One token makes at most one order, so it may be sent until an answer comes.
  const place = (path, body) => call('POST', path, { body, repeatable: true })
  // These may be sent again: they ask, or end in the state that they name.
  const again = (path, body) => call('POST', path, { body, repeatable: true })

  return {
    call,
    each,
    signIn,
    get customer() {
      return session && session.customer
    },
    async signOut({ everywhere = false } = {}) {
      if (renewing) await renewing.catch(() => null)
      if (session) await again('/v1/logout', { everywhere })
      keep(null)
    },

    me: () => call('GET', '/v1/me'),
    // wx.request knows no PATCH; the shop takes PUT for the same.
    changeMe: (changes) => call('PUT', '/v1/me', { body: changes }),
    setPhone: (body) => call('POST', '/v1/me/phone', { body }),
    addresses: (query) => call('GET', '/v1/me/addresses', { query }),
    addAddress: (body) => call('POST', '/v1/me/addresses', { body, key: true }),
    changeAddress: (id, body) => call('PUT', address(id), { body }),
    removeAddress: (id) => call('DELETE', address(id)),
    consents: () => call('GET', '/v1/me/consents'),
    consent: (policy, body) =>
      call('PUT', '/v1/me/consents/' + encodeURIComponent(policy), { body }),
    exportMe: () => call('GET', '/v1/me/export'),
    async eraseMe() {
      await call('DELETE', '/v1/me')
      keep(null)
    },

    categories: () => page('/v1/categories'),
    products: (query) => page('/v1/products', query),
    product: (id) => page('/v1/products/' + encodeURIComponent(id)),
    /** As `products`, and kept in the customer's own history. */
    search: (q, query) => call('GET', '/v1/products', { query: Object.assign({ q }, query) }),
    suggestions: (q) => page('/v1/search/suggestions', { q }),
    hotWords: () => page('/v1/search/hot'),
    searches: () => call('GET', '/v1/me/searches'),
    forgetSearches: () => call('DELETE', '/v1/me/searches'),
    flashSales: (query) => page('/v1/flash-sales', query),
    flashSale: (id) => page(sale(id)),

    cart: () => call('GET', '/v1/cart'),
    setCartLine: (skuId, body) => call('PUT', line(skuId), { body }),
    removeCartLine: (skuId) => call('DELETE', line(skuId)),
    mergeCart: (items) => again('/v1/cart/merge', { items }),
    quote: (body) => again('/v1/quotes', body),

    placeOrder: (quoteToken, remark) =>
      place('/v1/orders', Object.assign({ quote_token: quoteToken }, remark && { remark })),
    flashTicket: (id, body) => again(sale(id) + '/tickets', body),
    placeFlashOrder: (id, ticket) =>
      call('POST', sale(id) + '/orders', {
        body: { ticket },
        repeatable: true,
        leastPauseMs: FLASH_PAUSE_MS,
      }),
    orders: (query) => call('GET', '/v1/orders', { query }),
    orderCounts: () => call('GET', '/v1/orders/counts'),
    order: (no) => call('GET', order(no)),
    /** Payment parameters again, or the order that is paid: also "I have paid". */
    payment: (no) => again(order(no) + '/payment'),
    cancelOrder: (no) => again(order(no) + '/cancel'),
    confirmReceipt: (no) => again(order(no) + '/receipt'),
    requestRefund: (no, body) => call('POST', order(no) + '/refund-requests', { body, key: true }),
    shipments: (no) => call('GET', order(no) + '/shipments'),

    coupons: (query) => call('GET', '/v1/coupons', { query }),
    claimCoupon: (id) =>
      call('POST', '/v1/coupons/' + encodeURIComponent(id) + '/claims', { key: true }),
    exchangeCoupon: (code) => call('POST', '/v1/coupons/exchange', { body: { code }, key: true }),
    myCoupons: (query) => call('GET', '/v1/me/coupons', { query }),
    subscribe: (template, accepted_) =>
      call('PUT', '/v1/me/subscriptions', { body: { template, accepted: accepted_ } }),
  }
}

/** Ask the shopper to pay; resolves to false where the shopper turned back. Mini-programs only. */
function requestPayment(payment) {
  return new Promise((resolve, reject) => {
    wx.requestPayment(
      Object.assign({}, payment, {
        success: () => resolve(true),
        fail: (failure) =>
          /cancel/.test(failure.errMsg) ? resolve(false) : reject(new Error(failure.errMsg)),
      })
    )
  })
}

function accepted(answer) {
  if (answer.status >= 200 && answer.status < 300) return answer.body
  throw new YunpuError(answer.status, answer.body, undefined, secondsAsked(answer) || undefined)
}

function secondsAsked(answer) {
  return Number(answer.headers['retry-after'])
}

function queryText(query) {
  const parts = Object.entries(query || {})
    .filter((pair) => pair[1] !== undefined && pair[1] !== null)
    .map((pair) => encodeURIComponent(pair[0]) + '=' + encodeURIComponent(pair[1]))
  return parts.length ? '?' + parts.join('&') : ''
}

/** Names one call, it keeps no secret; 26 of these characters do not meet by chance. */
function freshKey(random) {
  const letters = '0123456789abcdefghijklmnopqrstuvwxyz'
  return Array.from({ length: 26 }, () => letters[Math.floor(random() * letters.length)]).join('')
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null
  } catch (_) {
    return null
  }
}

function defaultSend() {
  return typeof wx !== 'undefined' && wx.request ? sendByWx : sendByFetch
}

function sendByWx({ method, url, headers, body, timeoutMs }) {
  return new Promise((resolve, reject) => {
    wx.request({
      method,
      url,
      timeout: timeoutMs,
      // Text in, text out: wx.request would parse answers by its own rules.
      dataType: 'text',
      data: body === undefined ? undefined : JSON.stringify(body),
      header: Object.assign(
        body === undefined ? {} : { 'content-type': 'application/json' },
        headers
      ),
      success: (answer) =>
        resolve({
          status: answer.statusCode,
          headers: lowered(Object.entries(answer.header || {})),
          body: parsed(answer.data),
        }),
      fail: (failure) => reject(new Error(failure.errMsg)),
    })
  })
}

async function sendByFetch({ method, url, headers, body, timeoutMs }) {
  const given = { method, headers: Object.assign({}, headers) }
  if (body !== undefined) {
    given.headers['content-type'] = 'application/json'
    given.body = JSON.stringify(body)
  }
  if (typeof AbortSignal !== 'undefined' && AbortSignal.timeout) {
    given.signal = AbortSignal.timeout(timeoutMs)
  }
  const answer = await fetch(url, given)
  const text = await answer.text()
  return { status: answer.status, headers: lowered([...answer.headers]), body: parsed(text) }
}

function lowered(pairs) {
  const named = {}
  for (const pair of pairs) named[pair[0].toLowerCase()] = String(pair[1])
  return named
}

function defaultCode() {
  return new Promise((resolve, reject) => {
    if (typeof wx === 'undefined') reject(new Error('createClient needs `code` outside WeChat'))
    else wx.login({ success: (got) => resolve(got.code), fail: (no) => reject(new Error(no.errMsg)) })
  })
}

function defaultStorage() {
  const name = 'yunpu.session'
  if (typeof wx !== 'undefined' && wx.getStorageSync) {
    return { get: () => wx.getStorageSync(name) || null, set: (value) => wx.setStorageSync(name, value) }
  }
  let kept = null
  return { get: () => kept, set: (value) => (kept = value) }
}

module.exports = { createClient, requestPayment, YunpuError }
