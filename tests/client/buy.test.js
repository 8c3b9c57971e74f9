'use strict'
// The client against a real shop: SHOP_URL, and the emulators' control routes for what WeChat does
// on the phone. Catalogue: PRODUCT_ID and COUPON_ID, those of the proving ground unless told.
const test = require('node:test')
const assert = require('node:assert/strict')
const { createClient } = require('../../docs/client/yunpu.js')

const { SHOP_URL, WECHAT_URL, WECHATPAY_URL, PRODUCT_ID = 'p1', COUPON_ID = 'c1' } = process.env
const shopper = 'node-' + (process.env.RUN_ID || '1')
const HOME = {
  name: '林晓', phone: '13800138000', province: '广东省', city: '深圳市', district: '南山区',
  detail: '科技园 1 号', is_default: true,
}

async function control(base, path, body) {
  const answer = await fetch(base + path, { method: 'POST', body: JSON.stringify(body) })
  return answer.json()
}

const code = async () => (await control(WECHAT_URL, '/_control/codes', { user: shopper })).code

test('from the first page to a paid order', { skip: !SHOP_URL && 'SHOP_URL is not set' }, async () => {
  let lose = 0
  const plain = createClient({ baseUrl: SHOP_URL, code })
  assert.ok((await plain.products({ limit: 1 })).items.length)
  const product = await plain.product(PRODUCT_ID)
  assert.deepEqual(await plain.product(PRODUCT_ID), product)

  // A network that takes every second request and loses its answer.
  const shop = createClient({
    baseUrl: SHOP_URL,
    code,
    firstPauseMs: 1,
    attempts: 6,
    send: async ({ method, url, headers, body }) => {
      const answer = await fetch(url, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      })
      const text = await answer.text()
      lose += 1
      if (lose % 2) throw new Error('request:fail')
      return { status: answer.status, headers: Object.fromEntries(answer.headers), body: text ? JSON.parse(text) : null }
    },
  })
  await shop.signIn()
  assert.equal((await shop.changeMe({ nickname: '云铺' })).nickname, '云铺')
  const address = await shop.addAddress(HOME)
  assert.equal((await shop.addresses()).items.length, 1)
  const claim = await shop.claimCoupon(COUPON_ID)
  assert.equal((await shop.myCoupons()).items.length, 1)

  const sku = product.skus[0]
  await shop.setCartLine(sku.id, { quantity: 2 })
  const quote = await shop.quote({
    items: [{ sku_id: sku.id, quantity: 2 }],
    from_cart: true,
    address_id: address.id,
    coupon_claim_id: claim.claim_id,
  })
  assert.deepEqual(quote.problems, [])
  assert.equal(quote.goods_total_fen, 2 * sku.price_fen)

  const { order, payment } = await shop.placeOrder(quote.quote_token)
  assert.equal(order.amounts.payable_fen, quote.payable_fen)
  const asked = { ...payment, appId: process.env.WECHAT_APPID, user: shopper }
  const paid = await control(WECHATPAY_URL, '/_control/pay', asked)
  assert.equal(paid.errMsg, 'requestPayment:ok', JSON.stringify(paid))
  assert.equal((await shop.payment(order.order_no)).order.status, 'TO_SHIP')
  assert.deepEqual((await shop.orderCounts()).to_ship, 1)

  const orders = []
  for await (const one of shop.each(shop.orders)) orders.push(one.order_no)
  assert.deepEqual(orders, [order.order_no])
  await assert.rejects(shop.order('0'.repeat(25)), { status: 404, code: 'not_found' })
})
