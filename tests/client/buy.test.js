'use strict'
// The client against a real shop: SHOP_URL, and the emulators' control routes for what WeChat does
// on the phone. Catalogue: PRODUCT_ID and COUPON_ID, those of the proving ground unless told.
const test = require('node:test')
const assert = require('node:assert/strict')
const { buy } = require('../../scripts/demo/mini_program.js')

const {
  SHOP_URL, WECHAT_URL, WECHATPAY_URL, WECHAT_APPID, PRODUCT_ID = 'p1', COUPON_ID = 'c1',
  RUN_ID = '1',
} = process.env

test('from the first page to a paid order', { skip: !SHOP_URL && 'SHOP_URL is not set' }, async () => {
  const seen = await buy({
    shop: SHOP_URL, wechat: WECHAT_URL, wechatpay: WECHATPAY_URL, appid: WECHAT_APPID,
    shopper: 'node-' + RUN_ID, product: PRODUCT_ID, coupon: COUPON_ID, pieces: 2,
  })
  const { sku, quote, order } = seen
  assert.equal(seen.listed, 1)
  assert.ok(seen.unchanged)
  assert.equal(seen.nickname, '云铺')
  assert.equal(seen.addresses, 1)
  assert.equal(seen.coupons.length, 1)
  assert.deepEqual(quote.problems, [])
  assert.equal(quote.goods_total_fen, 2 * sku.price_fen)
  assert.equal(order.amounts.payable_fen, quote.payable_fen)
  assert.equal(seen.paid.errMsg, 'requestPayment:ok', JSON.stringify(seen.paid))
  assert.equal(seen.after.status, 'TO_SHIP')
  assert.equal(seen.counts.to_ship, 1)
  assert.deepEqual(seen.orders, [[order.order_no, 'TO_SHIP']])
  assert.deepEqual(seen.refused, [404, 'not_found'])
  assert.ok(seen.lost >= seen.statuses.length / 2)
  assert.deepEqual(seen.statuses.filter((status) => status >= 500), [])
})
