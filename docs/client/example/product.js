// pages/product/product.js: one product, bought at once. Copy ../yunpu.js to utils/yunpu.js.
const { createClient, requestPayment, YunpuError } = require('../../utils/yunpu.js')

const shop = createClient({ baseUrl: 'https://shop.example.com' })

Page({
  data: { product: null, sku: null, quantity: 1, quote: null, busy: false },

  async onLoad({ id }) {
    await this.guarded(async () => {
      const product = await shop.product(id)
      this.setData({ product, sku: product.skus.find((sku) => sku.on_sale && sku.available > 0) })
    })
  },

  async onAddToCart() {
    const { sku, quantity } = this.data
    await this.guarded(async () => {
      await shop.setCartLine(sku.id, { quantity })
      wx.showToast({ title: '已加入购物车' })
    })
  },

  async onBuy() {
    const { sku, quantity } = this.data
    await this.guarded(async () => {
      const address = (await shop.addresses()).items[0]
      if (!address) return wx.navigateTo({ url: '/pages/address/address' })
      const items = [{ sku_id: sku.id, quantity }]
      const quote = await shop.quote({ items, from_cart: false, address_id: address.id })
      if (!quote.quote_token) return wx.showToast({ title: '暂时不能购买', icon: 'none' })
      await this.pay(quote)
    })
  },

  async pay(quote) {
    try {
      const { order, payment } = await shop.placeOrder(quote.quote_token)
      if (payment && (await requestPayment(payment))) await shop.payment(order.order_no)
      wx.redirectTo({ url: '/pages/order/order?no=' + order.order_no })
    } catch (error) {
      if (!(error instanceof YunpuError) || !error.problem || !error.problem.quote) throw error
      // The price or the stock has changed since: the shop answers with a new quote.
      this.setData({ quote: error.problem.quote })
      wx.showModal({ title: '价格有变动', content: error.message, showCancel: false })
    }
  },

  async guarded(work) {
    if (this.data.busy) return
    this.setData({ busy: true })
    try {
      await work()
    } catch (error) {
      wx.showToast({ title: error.message, icon: 'none' })
    } finally {
      this.setData({ busy: false })
    }
  },
})
