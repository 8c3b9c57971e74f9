'use strict'
/**
 * A client author's whole mini-program: from the first page to a paid order, with docs/client alone.
 * Node stands in for the phone, and the emulators' control routes for what WeChat does on it. Every
 * other answer of the shop is lost on the way, so each call has to be safe to send again.
 */
const { createClient } = require('../../docs/client/yunpu.js')

const HOME = {
  name: '林晓', phone: '13800138000', province: '广东省', city: '深圳市', district: '南山区',
  detail: '科技园 1 号', is_default: true,
}

/**
 * Walk the whole way and tell what was seen; judge nothing.
 * @param {{shop: string, wechat: string, wechatpay: string, appid: string, shopper: string,
 *   product: string, coupon: string, pieces: number}} site
 */
async function buy(site) {
  const statuses = []
  const line = lossy(statuses)
  const code = async () =>
    (await control(site.wechat, '/_control/codes', { user: site.shopper })).code
  const shop = createClient({
    baseUrl: site.shop, code, send: line.send, attempts: 8, firstPauseMs: 1, timeoutMs: 60000,
  })

  const listed = (await shop.products({ limit: 1 })).items.length
  const product = await shop.product(site.product)
  const asked = statuses.length
  const again = await shop.product(site.product)
  const unchanged = statuses.slice(asked).every((status) => status === 304)

  await shop.signIn()
  const nickname = (await shop.changeMe({ nickname: '云铺' })).nickname
  const address = await shop.addAddress(HOME)
  const claim = await shop.claimCoupon(site.coupon)
  const sku = product.skus[0]
  const cart = await shop.setCartLine(sku.id, { quantity: site.pieces })
  const quote = await shop.quote({
    items: [{ sku_id: sku.id, quantity: site.pieces }],
    from_cart: true,
    address_id: address.id,
    coupon_claim_id: claim.claim_id,
  })

  const { order, payment } = await shop.placeOrder(quote.quote_token)
  const sheet = { ...payment, appId: site.appid, user: site.shopper }
  const paid = await control(site.wechatpay, '/_control/pay', sheet)
  const { order: after } = await shop.payment(order.order_no)

  const orders = []
  for await (const one of shop.each(shop.orders)) orders.push([one.order_no, one.status])
  const refused = await shop.order('0'.repeat(25)).then(() => null, (error) => error)
  return {
    customer: shop.customer, nickname, listed, unchanged: unchanged && again === product,
    addresses: (await shop.addresses()).items.length,
    coupons: (await shop.myCoupons()).items.map((one) => one.status),
    sku, cart, quote, order, payment, paid, after, orders,
    counts: await shop.orderCounts(),
    refused: refused && [refused.status, refused.code],
    lost: line.lost(), statuses,
  }
}

/** A network that hands every request over and loses every other answer, beginning with the first. */
function lossy(statuses) {
  let sent = 0
  let lost = 0
  async function send({ method, url, headers, body, timeoutMs }) {
    const answer = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await answer.text()
    statuses.push(answer.status)
    sent += 1
    if (sent % 2) {
      lost += 1
      throw new Error('request:fail')
    }
    const named = Object.fromEntries(answer.headers)
    return { status: answer.status, headers: named, body: text ? JSON.parse(text) : null }
  }
  return { send, lost: () => lost }
}

async function control(base, path, body) {
  const answer = await fetch(base + path, { method: 'POST', body: JSON.stringify(body) })
  return answer.json()
}

module.exports = { buy }

if (require.main === module) {
  buy(JSON.parse(process.argv[2])).then(
    (seen) => process.stdout.write(JSON.stringify(seen)),
    (error) => {
      process.stderr.write(String((error && error.stack) || error))
      process.exitCode = 1
    }
  )
}
