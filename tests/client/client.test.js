'use strict'
// The client against a made-up server: what is sent again, and what never is.
const test = require('node:test')
const assert = require('node:assert/strict')
const { createClient, YunpuError } = require('../../docs/client/yunpu.js')

const TOKENS = (n) => ({
  access_token: 'a' + n,
  refresh_token: 'r' + n,
  expires_in: 600,
  refresh_expires_in: 9999,
  customer: { id: 'c', is_new: n === 1 },
})

/** A client whose server answers by `script`, one entry a request: an answer, or an Error. */
function made(script, options = {}) {
  const sent = []
  const slept = []
  let codes = 0
  const client = createClient({
    baseUrl: 'https://shop.test/',
    code: async () => 'code-' + ++codes,
    sleep: async (ms) => slept.push(ms),
    random: () => 0.5,
    now: () => 1000,
    storage: memory(options.session),
    send: async (request) => {
      sent.push(request)
      const next = script.shift()
      if (next === undefined) throw new Error('one request too many: ' + request.url)
      if (next instanceof Error) throw next
      return Object.assign({ status: 200, headers: {}, body: null }, next)
    },
    ...options.settings,
  })
  return { client, sent, slept, script }
}

function memory(session = { access: 'a0', refresh: 'r0', until: 600000, customer: { id: 'c' } }) {
  let kept = session
  return { get: () => kept, set: (value) => (kept = value) }
}

const lost = new Error('request:fail timeout')

test('the first call signs in with a code and carries the token', async () => {
  const { client, sent } = made([{ body: TOKENS(1) }, { body: { id: 'c' } }], { session: null })
  assert.deepEqual(await client.me(), { id: 'c' })
  assert.deepEqual(sent[0].body, { code: 'code-1' })
  assert.equal(sent[1].headers.authorization, 'Bearer a1')
})

test('each attempt to sign in brings its own code', async () => {
  const { client, sent } = made([lost, { status: 503 }, { body: TOKENS(1) }])
  await client.signIn()
  assert.deepEqual(sent.map((one) => one.body.code), ['code-1', 'code-2', 'code-3'])
})

test('a sign-in made by a call is asked for again with another code', async () => {
  const { client, sent } = made([lost, { body: TOKENS(1) }, { body: { id: 'c' } }], { session: null })
  assert.deepEqual(await client.me(), { id: 'c' })
  assert.deepEqual(sent.slice(0, 2).map((one) => one.body.code), ['code-1', 'code-2'])
})

test('a call that is refused after a sign-out meanwhile is told so, and signs nobody in', async () => {
  const send = async (request) => {
    if (request.url.endsWith('/logout')) return { status: 204, headers: {}, body: null }
    await client.signOut()
    return { status: 401, headers: {}, body: { code: 'unauthenticated', detail: '请先登录' } }
  }
  const { client } = made([], { settings: { send } })
  await assert.rejects(client.cart(), (error) => {
    assert.ok(error instanceof YunpuError, String(error))
    assert.deepEqual([error.status, error.code], [401, 'unauthenticated'])
    return true
  })
})

test('a sign-out waits for a sign-in under way, and ends what it brought', async () => {
  const { client, sent } = made([{ body: TOKENS(2) }, {}, { status: 204 }], { session: null })
  await Promise.all([client.me(), client.signOut()])
  assert.equal(sent.find((one) => one.url.endsWith('/logout')).headers.authorization, 'Bearer a2')
  assert.equal(client.customer, null)
})

test('a flash order whose answer was lost is not sent again before the view of a sale is old', async () => {
  const { client, sent, slept } = made([lost, { status: 502 }, { body: { order: {} } }])
  await client.placeFlashOrder('f1', 'ticket')
  assert.deepEqual(sent.map((one) => one.body), Array(3).fill({ ticket: 'ticket' }))
  assert.deepEqual(slept, [1100, 1100])
})

test('many calls at once share one refresh', async () => {
  const session = { access: 'a0', refresh: 'r0', until: 1000, customer: { id: 'c' } }
  const { client, sent } = made([{ body: TOKENS(2) }, {}, {}, {}], { session })
  await Promise.all([client.me(), client.cart(), client.orders()])
  assert.equal(sent.filter((one) => one.url.endsWith('/v1/login/refresh')).length, 1)
  assert.deepEqual(new Set(sent.slice(1).map((one) => one.headers.authorization)), new Set(['Bearer a2']))
})

test('a lost answer to a refresh repeats the same refresh token', async () => {
  const session = { access: 'a0', refresh: 'r0', until: 0, customer: { id: 'c' } }
  const { client, sent } = made([lost, { body: TOKENS(2) }, {}], { session })
  await client.me()
  assert.deepEqual(sent.slice(0, 2).map((one) => one.body), [{ refresh_token: 'r0' }, { refresh_token: 'r0' }])
})

test('a refresh token that has ended leads to a new sign-in', async () => {
  const session = { access: 'a0', refresh: 'r0', until: 0, customer: { id: 'c' } }
  const { client, sent } = made([{ status: 401, body: {} }, { body: TOKENS(3) }, {}], { session })
  await client.me()
  assert.deepEqual(sent.map((one) => new URL(one.url).pathname), ['/v1/login/refresh', '/v1/login', '/v1/me'])
})

test('a token refused early is renewed once and the call made again', async () => {
  const { client, sent } = made([{ status: 401 }, { body: TOKENS(4) }, { body: { id: 'c' } }])
  assert.deepEqual(await client.me(), { id: 'c' })
  assert.equal(sent[2].headers.authorization, 'Bearer a4')
  const twice = made([{ status: 401 }, { body: TOKENS(4) }, { status: 401, body: {} }])
  await assert.rejects(twice.client.me(), { status: 401 })
})

test('a read is sent again with growing pauses, then given up', async () => {
  const { client, sent, slept } = made([lost, { status: 502 }, lost, { status: 503, body: { code: 'x' } }])
  await assert.rejects(client.orders(), { status: 503, code: 'x' })
  assert.equal(sent.length, 4)
  assert.deepEqual(slept, [150, 300, 600])
})

test('the pause that the shop asks for is kept', async () => {
  const { client, slept } = made([{ status: 429, headers: { 'retry-after': '2' } }, {}])
  await client.orders()
  assert.deepEqual(slept, [2000])
})

test('a pause longer than a shopper waits is told at once, with its seconds', async () => {
  const problem = { code: 'too_many_requests', detail: '请求过于频繁' }
  const { client, sent, slept } = made([{ status: 429, headers: { 'retry-after': '30' }, body: problem }])
  await assert.rejects(client.orders(), { status: 429, code: 'too_many_requests', retryAfter: 30 })
  assert.deepEqual([sent.length, slept], [1, []])
})

test('a page of a list is asked for by its cursor', async () => {
  const { client, sent } = made([{}, {}])
  await client.addresses({ cursor: 'n' })
  await client.flashSales({ cursor: 'n' })
  assert.deepEqual(sent.map((one) => new URL(one.url).search), ['?cursor=n', '?cursor=n'])
})

test('a claim is sent again under the same key, another claim has another', async () => {
  let draws = 0
  const settings = { random: () => (draws++ % 7) / 7 }
  const { client, sent } = made([lost, { status: 201 }, { status: 201 }], { settings })
  await client.claimCoupon('k')
  await client.claimCoupon('k')
  const keys = sent.map((one) => one.headers['idempotency-key'])
  assert.equal(keys[0], keys[1])
  assert.notEqual(keys[1], keys[2])
  assert.match(keys[0], /^[0-9A-Za-z_-]{26}$/)
})

test('an order is asked for with the same token until an answer comes', async () => {
  const { client, sent } = made([lost, { status: 503 }, { status: 201, body: { order: { order_no: 'o' } } }])
  assert.equal((await client.placeOrder('token')).order.order_no, 'o')
  assert.deepEqual(sent.map((one) => one.body), Array(3).fill({ quote_token: 'token' }))
})

test('a post that nothing makes safe is sent once', async () => {
  const { client, sent } = made([lost])
  await assert.rejects(client.setPhone({ code: 'c' }), (error) => {
    assert.ok(error instanceof YunpuError)
    assert.deepEqual([error.status, error.code, error.message], [0, 'network', '网络异常，请稍后再试'])
    return true
  })
  assert.equal(sent.length, 1)
})

test('a refusal is told in the shop\'s words and never sent again', async () => {
  const problem = { status: 409, code: 'quote_changed', detail: '价格有变动', request_id: 'q', quote: {} }
  const { client, sent } = made([{ status: 409, body: problem }])
  await assert.rejects(client.placeOrder('t'), (error) => {
    assert.deepEqual([error.code, error.message, error.requestId], ['quote_changed', '价格有变动', 'q'])
    assert.deepEqual(error.problem.quote, {})
    return true
  })
  assert.equal(sent.length, 1)
})

test('an unchanged page is not sent twice, and needs no sign-in', async () => {
  const { client, sent } = made([{ headers: { etag: '"1"' }, body: { id: 'p' } }, { status: 304 }], { session: null })
  assert.deepEqual(await client.product('p'), { id: 'p' })
  assert.deepEqual(await client.product('p'), { id: 'p' })
  assert.equal(sent[1].headers['if-none-match'], '"1"')
  assert.equal(sent[0].headers.authorization, undefined)
})

test('a list is walked page by page', async () => {
  const { client, sent } = made([
    { body: { items: [1, 2], next_cursor: 'n' } },
    { body: { items: [3], next_cursor: null } },
  ])
  const all = []
  for await (const one of client.each(client.orders, { status: 'DONE' })) all.push(one)
  assert.deepEqual(all, [1, 2, 3])
  assert.equal(sent[1].url, 'https://shop.test/v1/orders?status=DONE&cursor=n')
})

test('signing out forgets the sign-in', async () => {
  const { client, sent } = made([{ status: 204 }])
  await client.signOut({ everywhere: true })
  assert.deepEqual(sent[0].body, { everywhere: true })
  assert.equal(client.customer, null)
})

test('a value of the path cannot change the route', async () => {
  const { client, sent } = made([{}])
  await client.order('../me?x')
  assert.equal(sent[0].url, 'https://shop.test/v1/orders/..%2Fme%3Fx')
})

test('inside WeChat it speaks wx.request, wx.login and the storage', async () => {
  const kept = {}
  globalThis.wx = {
    login: ({ success }) => success({ code: 'wx-code' }),
    getStorageSync: (name) => kept[name] || '',
    setStorageSync: (name, value) => (kept[name] = value),
    request: (asked) => {
      const login = asked.url.endsWith('/v1/login')
      assert.equal(asked.data, login ? '{"code":"wx-code"}' : '{"nickname":"云"}')
      asked.success({
        statusCode: 200,
        header: { ETag: 'x' },
        data: login ? JSON.stringify(TOKENS(1)) : '{"nickname":"云"}',
      })
    },
  }
  try {
    const client = createClient({ baseUrl: 'https://shop.test' })
    assert.deepEqual(await client.changeMe({ nickname: '云' }), { nickname: '云' })
    assert.equal(kept['yunpu.session'].access, 'a1')
  } finally {
    delete globalThis.wx
  }
})
